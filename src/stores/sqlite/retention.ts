// Removes what was kept long enough, a little at a time, so that nobody waits for it.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../kernel/clock.ts'
import { MINUTE_KEPT_MS, TOMBSTONE_MS, type Keeping } from '../../ledger/keeping.ts'
import { windowAt } from '../../ledger/window.ts'
import { transaction } from './database.ts'
import { text } from './row.ts'
import { turn } from './turn.ts'

export type RetentionOptions = { database: DatabaseSync, clock: Clock, keeping: Keeping }

/** So many rows of a kind are removed by a call, in a few milliseconds: some four millions a day. */
const STEP = 50
const PERIODS = ['hour', 'day', 'week', 'month'] as const
const BEGINNING = { scope: '', owner: '' }
const END = { scope: '~', owner: '' }

/** Each call removes some of everything that is kept for some time only, with turns for others in between. @throws LedgerUnavailable if the file cannot be written */
export function retention ({ database, clock, keeping }: RetentionOptions): () => Promise<void> {
  // One that was charged for before it was found to be accepted may run still.
  const dropTasks = database.prepare(`DELETE FROM tasks WHERE number IN (
    SELECT number FROM tasks WHERE money <> 'held' AND (state IN ('refused', 'unsent')) = ? AND updated_at_ms <= ? AND state NOT IN ('pending', 'processing') ORDER BY updated_at_ms LIMIT ${STEP})`)
  const dropCounters = database.prepare(`DELETE FROM counters WHERE (scope, owner, per, label) IN (
    SELECT scope, owner, per, label FROM counters WHERE per = ? AND label < ? LIMIT ${STEP})`)
  const dropDays = database.prepare(`DELETE FROM usage_days WHERE (day, team, lineage, model) IN (
    SELECT day, team, lineage, model FROM usage_days WHERE day < ? LIMIT ${STEP})`)
  // As long as its outcome is open a claim stays.
  const dropClaims = database.prepare(`DELETE FROM claims WHERE rowid IN (
    SELECT claims.rowid FROM claims LEFT JOIN tasks ON tasks.ref = claims.ref
    WHERE expires_at_ms <= ? AND (state = 'submitting' OR (state = 'unknown' AND money = 'held')) IS NOT TRUE LIMIT ${STEP})`)
  const dropLost = database.prepare('DELETE FROM lost_answers WHERE expires_at_ms <= ?')
  // One row of each key and team: they are looked through in turn, which is cheaper than an index that every create would write.
  const nextRequests = database.prepare(`SELECT scope, owner FROM requests WHERE (scope, owner) > (:scope, :owner) ORDER BY scope, owner LIMIT 1 OFFSET ${STEP - 1}`)
  const dropRequests = database.prepare(`DELETE FROM requests
    WHERE (scope, owner) > (:scope, :owner) AND (scope, owner) <= (:lastScope, :lastOwner) AND minute < :minute`)
  let behind = BEGINNING

  function dropPastRequests (nowMs: number): void {
    const last = nextRequests.get(behind)
    const end = last === undefined ? END : { scope: text(last, 'scope'), owner: text(last, 'owner') }
    dropRequests.run({ ...behind, lastScope: end.scope, lastOwner: end.owner, minute: windowAt('minute', 'UTC', nowMs - MINUTE_KEPT_MS).label })
    behind = last === undefined ? BEGINNING : end
  }

  return async () => {
    const nowMs = clock.nowMs()
    const steps = [
      () => dropTasks.run(0, nowMs - keeping.taskMs),
      () => dropTasks.run(1, nowMs - TOMBSTONE_MS),
      ...PERIODS.map(per => () => dropCounters.run(per, keeping.oldestLabel(per, nowMs))),
      () => dropDays.run(keeping.oldestDay(nowMs)),
      () => dropClaims.run(nowMs),
      () => dropLost.run(nowMs),
      () => dropPastRequests(nowMs)
    ]
    for (const step of steps) {
      transaction(database, step)
      await turn()
    }
  }
}
