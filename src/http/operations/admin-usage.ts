// What the document says of the report for charge-back.
import { z } from 'zod'
import { GROUP_COLUMNS, type GroupColumn } from '../../flows/report-usage.ts'
import { isTeamId } from '../../kernel/ids.ts'
import { rfc3339 } from '../../kernel/time.ts'
import { KEY_MODES } from '../../teams/api-key.ts'
import type { Operation } from '../operation.ts'
import { reportShape } from '../shapes/report.ts'

const FIRST_DAY = '0000-01-01'
const LAST_DAY = '9999-12-31'

const groupError = `must be some of ${GROUP_COLUMNS.join(', ')}, each once, with commas between them`
const groupBy = z.string({ error: groupError }).transform((text, context) => {
  const columns = z.array(z.enum(GROUP_COLUMNS)).safeParse(text.split(','))
  if (columns.success && new Set(columns.data).size === columns.data.length) return columns.data
  context.addIssue({ code: 'custom', message: groupError })
  return z.NEVER
})

export const usageQuery = z.strictObject({
  from: dayFrom(ms => ms).default(FIRST_DAY).meta({ description: 'first day, or a time; without it everything that is kept', override: { default: undefined } }),
  to: dayFrom(ms => ms - 1).default(LAST_DAY).meta({ description: 'last day, or a time that is not included', override: { default: undefined } }),
  group_by: groupBy.default(['team'] satisfies GroupColumn[])
    .meta({ description: `columns, with commas between them: ${GROUP_COLUMNS.join(', ')}. \`key\` is the first of a chain of rotations`, override: { default: 'team', example: 'team,day' } }),
  format: z.enum(['json', 'csv'], { error: 'must be json or csv' }).default('json'),
  team: z.string({ error: 'must be given once' }).refine(isTeamId, { error: 'is no team id' }).optional(),
  mode: z.enum(KEY_MODES, { error: 'must be live or test' }).default('live')
}).refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be before from' })

export const adminUsage = {
  report: {
    id: 'reportUsage',
    tag: 'admin: usage',
    summary: 'What was used, for charge-back',
    description: 'Summed up by the columns of `group_by`, in their order. CSV has the same columns and figures, after a header line.',
    query: usageQuery,
    answers: {
      200: {
        description: 'The report.',
        schema: reportShape,
        others: { 'text/csv': { schema: z.string(), example: 'team,tasks,completed,failed,unknown,spent_usd,held_usd,refunded_usd\nads,3,2,1,0,1.00,0.00,0.50\n' } }
      }
    }
  }
} as const satisfies Record<string, Operation>

/** A day, `2026-11-22`, or a time as in RFC 3339 and the day of UTC that it belongs to. */
function dayFrom (meant: (ms: number) => number) {
  const error = 'must be a day such as 2026-11-22, or a time as in RFC 3339'
  return z.string({ error }).transform((text, context) => {
    if (z.iso.date().safeParse(text).success) return text
    if (z.iso.datetime({ offset: true }).safeParse(text).success) return rfc3339(meant(Date.parse(text))).slice(0, FIRST_DAY.length)
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  })
}
