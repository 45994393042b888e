// How the embedded ledger as a whole is doing: a few seeks in indexes that are there, however many tasks there are.
import type { DatabaseSync } from 'node:sqlite'
import { readAccount } from '../../ledger/account.ts'
import type { Pulse } from '../../ledger/pulse.ts'
import { integer, text } from './row.ts'

const UNFINISHED = ['submitting', 'pending', 'processing']

/** Takes the pulse inside a transaction of the caller's. */
export function pulseOf (database: DatabaseSync): (nowMs: number) => Pulse {
  const inFlight = database.prepare('SELECT owner, tasks FROM in_flight WHERE scope = \'team\' AND tasks > 0')
  // In the words of the index by state, in which every state has its tasks in the order of admission.
  const first = database.prepare('SELECT created_at_ms FROM tasks WHERE state <> \'completed\' AND state = ? ORDER BY number LIMIT 1')
  const due = database.prepare('SELECT due_ms FROM tasks WHERE due_ms <= ?1 AND look_lease_ms <= ?1 ORDER BY due_ms LIMIT 1')
  const inDoubt = database.prepare('SELECT count(*) AS count FROM tasks WHERE state = \'unknown\' AND money = \'held\'')

  return nowMs => {
    const admitted = UNFINISHED.flatMap(state => first.all(state)).map(row => integer(row, 'created_at_ms'))
    const dueRow = due.get(nowMs)
    return {
      inFlight: inFlight.all().map(row => ({ ...readAccount(text(row, 'owner')), tasks: integer(row, 'tasks') })),
      oldestAtMs: admitted.length === 0 ? null : Math.min(...admitted),
      dueSinceMs: dueRow === undefined ? null : integer(dueRow, 'due_ms'),
      inDoubt: integer(inDoubt.get() ?? {}, 'count')
    }
  }
}
