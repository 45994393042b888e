// `mulegate usage`: who spent what.
import { Option, type Command } from 'commander'
import { z } from 'zod'
import { readAnswer } from '../admin-api.ts'
import type { Context } from '../context.ts'
import { printable, printableJson, printableText } from '../printable.ts'
import { table, type Column } from '../table.ts'

type UsageOptions = { from: string | undefined, to: string | undefined, groupBy: string, team?: string, mode?: string, csv?: boolean, json?: boolean }

const FIGURES = ['tasks', 'completed', 'failed', 'unknown', 'spent_usd', 'held_usd', 'refunded_usd'] as const

const figure = z.union([z.number(), z.string()])
const row = z.looseObject(Object.fromEntries(FIGURES.map(name => [name, figure])))
const usageAnswer = z.looseObject({ data: z.array(row), totals: row })
type Row = z.output<typeof row>

export function usageCommand (program: Command, { api, terminal, nowMs }: Context): void {
  program.command('usage').description('who spent what, for charge-back')
    .option('--from <day>', 'from this day on, 2026-11-01, or from a time such as 2026-11-01T00:00:00Z (default: the first of this month)')
    .option('--to <day>', 'to this day and with it, or before a time (default: the last of this month, if --from is not given either)')
    .option('--group-by <columns>', 'one line for each of these, in this order: team, key, model, day', 'team')
    .option('--team <id>', 'of one team')
    .addOption(new Option('--mode <mode>', 'what live or what test keys did (default: live)').choices(['live', 'test']))
    .addOption(new Option('--csv', 'as CSV, as it comes').conflicts('json'))
    .option('--json', 'as JSON, with the totals')
    .addHelpText('after', `
Days are those of each team's own time zone. A rotated key is one line, under the id of the first.

Examples:
  $ mulegate usage
  $ mulegate usage --from 2026-10-01 --to 2026-10-31 --group-by team,model --csv > october.csv
  $ mulegate usage --team ads --group-by day,key`)
    .action(async ({ groupBy, team, mode, csv, json, ...options }: UsageOptions) => {
      const { from, to } = options.from === undefined && options.to === undefined ? monthOf(nowMs()) : options
      const query = { from, to, group_by: groupBy, team, mode }
      const gateway = api()
      if (csv) {
        for await (const text of gateway.text('/admin/v1/usage', { query: { ...query, format: 'csv' } })) await terminal.out.write(printableText(text))
        return
      }
      const usage = readAnswer(usageAnswer, await gateway.call('GET', '/admin/v1/usage', { query: { ...query, format: 'json' }, patient: true }))
      if (json) return terminal.out.line(printableJson(usage))
      terminal.err.line(printable(`Usage ${mode === 'test' ? 'of test keys ' : ''}from ${from ?? 'the beginning'} to ${to ?? 'now'}`))
      const [titles = '', ...lines] = table(columnsOf(groupBy.split(',')), [...usage.data, usage.totals])
      terminal.out.line(terminal.out.paint('bold', titles))
      lines.slice(0, -1).forEach(line => terminal.out.line(line))
      terminal.out.line(terminal.out.paint('bold', lines.at(-1) ?? ''))
    })
}

function columnsOf (groups: readonly string[]): Column<Row>[] {
  return [
    ...groups.map((name, index): Column<Row> => ({ title: name.toUpperCase(), text: row => textOf(row[name] ?? (index === 0 ? 'total' : '')) })),
    ...FIGURES.map((name): Column<Row> => ({ title: name.toUpperCase().replace('_', ' '), align: 'right', text: row => textOf(row[name]) }))
  ]
}

function textOf (value: unknown): string { return typeof value === 'string' ? value : JSON.stringify(value) ?? '' }

/** The first and the last day of the month that it is now, in UTC. */
function monthOf (nowMs: number): { from: string, to: string } {
  const month = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO('UTC').toPlainDate().toPlainYearMonth()
  return { from: month.toPlainDate({ day: 1 }).toString(), to: month.toPlainDate({ day: month.daysInMonth }).toString() }
}
