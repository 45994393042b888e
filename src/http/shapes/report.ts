// The report for charge-back as it is shown, piece by piece: it may be longer than what should lie in memory.
import { z } from 'zod'
import { EMPTY_FIGURES, addFigures, type UsageFigures } from '../../ledger/report.ts'
import type { GroupColumn, ReportLine } from '../../flows/report-usage.ts'
import { formatUsd } from '../../kernel/money.ts'
import { usdShape } from './limits.ts'

const count = z.int().min(0)
const figuresShape = z.strictObject({
  tasks: count.meta({ description: 'that MuleRouter has, or may have' }),
  completed: count,
  failed: count,
  unknown: count,
  spent_usd: usdShape('of tasks that ended so'),
  held_usd: usdShape('of tasks that have not ended'),
  refunded_usd: usdShape('of tasks that ended so')
})
const figures = { tasks: 3, completed: 2, failed: 1, unknown: 0, spent_usd: '1.00', held_usd: '0.00', refunded_usd: '0.50' }

export const reportShape = z.strictObject({
  data: z.array(z.strictObject({ team: z.string().optional(), key: z.string().optional(), model: z.string().optional(), day: z.iso.date().optional(), ...figuresShape.shape })),
  totals: figuresShape,
  next_cursor: z.null().meta({ description: 'the report is one page' })
}).meta({ id: 'UsageReport', description: 'Lines have the columns that were asked for.', examples: [{ data: [{ team: 'ads', ...figures }], totals: figures, next_cursor: null }] })

/** The figures of one line, or of all of them together. */
export function figuresJson ({ tasks, completed, failed, unknown, spentMicros, heldMicros, refundedMicros }: UsageFigures): z.input<typeof figuresShape> {
  return { tasks, completed, failed, unknown, spent_usd: formatUsd(spentMicros), held_usd: formatUsd(heldMicros), refunded_usd: formatUsd(refundedMicros) }
}

/** `{"data":[…],"totals":{…},"next_cursor":null}` */
export async function * reportJson (lines: AsyncIterable<ReportLine>): AsyncGenerator<string> {
  let totals = EMPTY_FIGURES
  let separator = ''
  yield '{"data":['
  for await (const { group, figures } of lines) {
    totals = addFigures(totals, figures)
    yield `${separator}${JSON.stringify({ ...group, ...figuresJson(figures) })}`
    separator = ','
  }
  yield `],"totals":${JSON.stringify(figuresJson(totals))},"next_cursor":null}`
}

/** RFC 4180, with a header line. None of the values needs quotes: they are ids, names of models, days and numbers. */
export async function * reportCsv (lines: AsyncIterable<ReportLine>, columns: readonly GroupColumn[]): AsyncGenerator<string> {
  yield csvLine([...columns, ...Object.keys(figuresJson(EMPTY_FIGURES))])
  for await (const { group, figures } of lines) yield csvLine([...columns.map(column => group[column]), ...Object.values(figuresJson(figures))])
}

function csvLine (values: readonly unknown[]): string { return `${values.join(',')}\n` }
