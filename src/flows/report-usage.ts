// The story of the report for charge-back: the ledger's daily rows, summed up as somebody wants to see them.
import { EMPTY_FIGURES, addFigures, type UsageFigures, type UsageQuery, type UsageRow } from '../ledger/report.ts'
import type { Ledger } from '../ledger/ledger.ts'

export const GROUP_COLUMNS = ['team', 'key', 'model', 'day'] as const
/** `key` is the first key of a chain of rotations; `day` is that of the team. */
export type GroupColumn = typeof GROUP_COLUMNS[number]

/** What one group used: its columns in the order that was asked for. */
export type ReportLine = { group: Partial<Record<GroupColumn, string>>, figures: UsageFigures }

/** Lines in the order of their columns; with days among the columns, day by day, and no more than a day is held in memory. */
export async function * reportUsage (ledger: Ledger, query: UsageQuery, groupBy: readonly GroupColumn[]): AsyncGenerator<ReportLine> {
  const isDaily = groupBy.includes('day')
  let groups = new Map<string, ReportLine>()
  let day: string | undefined
  for await (const row of ledger.usage(query)) {
    if (isDaily && row.day !== day) {
      yield * inOrder(groups)
      groups = new Map()
      day = row.day
    }
    const columns = groupBy.map(column => columnOf(row, column))
    const name = columns.join(' ')
    const before = groups.get(name)?.figures ?? EMPTY_FIGURES
    groups.set(name, { group: Object.fromEntries(groupBy.map((column, place) => [column, columns[place]])), figures: addFigures(before, row) })
  }
  yield * inOrder(groups)
}

function inOrder (groups: ReadonlyMap<string, ReportLine>): ReportLine[] {
  return [...groups].sort(([one], [other]) => one < other ? -1 : 1).map(([, line]) => line)
}

function columnOf (row: UsageRow, column: GroupColumn): string { return column === 'key' ? row.lineage : row[column] }
