// The admin API's report for charge-back.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { GROUP_COLUMNS, reportUsage, type GroupColumn } from '../../flows/report-usage.ts'
import { isTeamId } from '../../kernel/ids.ts'
import { rfc3339 } from '../../kernel/time.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { KEY_MODES } from '../../teams/api-key.ts'
import { readQuery } from '../query.ts'
import { reportCsv, reportJson } from '../shapes/report.ts'

const access = { config: { access: 'admin' as const } }

const FIRST_DAY = '0000-01-01'
const LAST_DAY = '9999-12-31'

const groupError = `must be some of ${GROUP_COLUMNS.join(', ')}, each once, with commas between them`
const groupBy = z.string({ error: groupError }).transform((text, context) => {
  const columns = z.array(z.enum(GROUP_COLUMNS)).safeParse(text.split(','))
  if (columns.success && new Set(columns.data).size === columns.data.length) return columns.data
  context.addIssue({ code: 'custom', message: groupError })
  return z.NEVER
})

const usageQuery = z.strictObject({
  from: dayFrom(ms => ms).default(FIRST_DAY),
  to: dayFrom(ms => ms - 1).default(LAST_DAY),
  group_by: groupBy.default(['team'] satisfies GroupColumn[]),
  format: z.enum(['json', 'csv'], { error: 'must be json or csv' }).default('json'),
  team: z.string().refine(isTeamId, { error: 'is no team id' }).optional(),
  mode: z.enum(KEY_MODES, { error: 'must be live or test' }).default('live')
}).refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be before from' })

export function adminUsageRoutes (app: FastifyInstance, { ledger }: { ledger: Ledger }): void {
  app.get('/admin/v1/usage', access, async (request, reply) => {
    const { from: fromDay, to: toDay, group_by: columns, format, team, mode } = readQuery(usageQuery, request.query)
    // A ledger that is away is told while there still is a status to tell it with.
    const lines = await begun(reportUsage(ledger, { fromDay, toDay, team, mode }, columns))
    if (format === 'json') return reply.type('application/json; charset=utf-8').send(Readable.from(reportJson(lines)))
    return reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="mulegate-usage.csv"').send(Readable.from(reportCsv(lines, columns)))
  })
}

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

/** The same items, of which the first is there already. */
async function begun<Item> (items: AsyncIterable<Item>): Promise<AsyncIterable<Item>> {
  const iterator = items[Symbol.asyncIterator]()
  const first = await iterator.next()
  return (async function * () {
    if (first.done === true) return
    yield first.value
    yield * { [Symbol.asyncIterator]: () => iterator }
  })()
}
