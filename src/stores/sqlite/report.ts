// The daily report: rows of the usage of each day, in chunks, and others in between.
import type { DatabaseSync } from 'node:sqlite'
import type { KeyId } from '../../kernel/ids.ts'
import { accountOf, readAccount } from '../../ledger/account.ts'
import type { UsageQuery, UsageRow } from '../../ledger/report.ts'
import { figuresIn } from './counters.ts'
import { reading } from './database.ts'
import { text, type Row } from './row.ts'
import { turn } from './turn.ts'

const ROWS_A_CHUNK = 500

/** Rows of the report, in the order of day, team, lineage and model. */
export function usageReport (database: DatabaseSync): (query: UsageQuery) => AsyncGenerator<UsageRow> {
  const rowsAfter = (ofAccount: string) => database.prepare(`SELECT * FROM usage_days
    WHERE tasks <> 0 AND day BETWEEN :fromDay AND :toDay AND ${ofAccount} AND (day, team, lineage, model) > (:day, :afterTeam, :lineage, :model)
    ORDER BY day, team, lineage, model LIMIT ${ROWS_A_CHUNK}`)
  const ofAll = rowsAfter('(team LIKE \'%~test\') = :test')
  const ofOne = rowsAfter('team = :account')

  return async function * ({ team, mode, fromDay, toDay }) {
    let after = { day: fromDay, afterTeam: '', lineage: '', model: '' }
    while (true) {
      const range = { fromDay: after.day, toDay, ...after }
      const rows = reading(() => team === undefined ? ofAll.all({ ...range, test: Number(mode === 'test') }) : ofOne.all({ ...range, account: accountOf(team, mode) }))
      yield * rows.map(readRow)
      const last = rows.at(-1)
      if (last === undefined || rows.length < ROWS_A_CHUNK) return
      after = { day: text(last, 'day'), afterTeam: text(last, 'team'), lineage: text(last, 'lineage'), model: text(last, 'model') }
      await turn()
    }
  }
}

function readRow (row: Row): UsageRow {
  return {
    day: text(row, 'day'),
    team: readAccount(text(row, 'team')).team,
    lineage: text(row, 'lineage') as KeyId,
    model: text(row, 'model'),
    ...figuresIn(row)
  }
}
