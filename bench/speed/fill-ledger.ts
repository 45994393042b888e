// Fills a ledger as a company does in three weeks: `node fill-ledger.ts <embedded|redis> <path or URL> <tasks> <keys>`; prints the team that has half of it.
// One task of every key lives through the ledger's own steps; it is then copied, in the store's own form, under other names and times.
import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import { newTaskRef, randomBase62, type TaskId, type TaskRef, type TeamId } from '../../src/kernel/ids.ts'
import { constant } from '../../src/kernel/live.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { shardOf } from '../../src/kernel/shard.ts'
import { fingerprintOf } from '../../src/ledger/fingerprint.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { PLACES_A_MS } from '../../src/ledger/task-place.ts'
import { namesOf } from '../../src/stores/redis/names.ts'
import { openRedisStore } from '../../src/stores/redis/open.ts'
import { openSqliteStore } from '../../src/stores/sqlite/open.ts'
import type { Caller, TeamDirectory } from '../../src/teams/directory.ts'
import { manualClock } from '../../test/support/manual-clock.ts'
import { silentLog } from '../../test/support/silent-log.ts'
import { aKey, aTeam } from '../../test/support/teams.ts'
import { insist, sideBySide } from '../side-by-side.ts'

type Store = { ledger: Ledger, directory: TeamDirectory, close (): Promise<void> }
/** A task that is there, and how far the next one is from it in time. */
type Original = { ref: TaskRef, taskId: TaskId, team: TeamId }

const DAY_MS = 86_400_000
/** Less than tasks are kept. */
const DAYS = 20
const TEAMS = 200
const MODEL = 'alibaba/wan2.2-t2v-plus'
const PREFIX = 'mg'
/** The end of a name is what tells a copy from its original. */
const DIGITS = 4
const SIGNATURE = randomBase62(400)
/** The limits of the team that is measured on an empty ledger. */
const LIMITS = { quotas: [{ per: 'day' as const, unit: 'tasks' as const, limit: 1e9 }, { per: 'month' as const, unit: 'usd' as const, limit: 1e14 }] }

const [kind, place = '', taskCount, keyCount] = process.argv.slice(2)
const [tasks, keys] = [Number(taskCount), Number(keyCount)]
const copies = Math.round(tasks / keys) - 1
const stepMs = Math.floor(DAYS * DAY_MS / keys)
const clock = manualClock(new Date(Date.now() - (DAYS + 1) * DAY_MS).toISOString())
const common = {
  clock,
  rules: { chargeFailedTasks: false, unknownHoldMs: DAY_MS, unknownHoldEnd: 'spent' as const, taskDeadlineMs: DAY_MS },
  idempotencyTtlMs: DAY_MS,
  statusMaxAgeMs: 3000,
  lookLeaseMs: 35_000,
  taskRetentionMs: 30 * DAY_MS,
  usageRetentionMs: 400 * DAY_MS
}

const store: Store = kind === 'redis'
  ? await openRedisStore({ ...common, address: { url: constant(new Secret(place)), cluster: false, sentinels: undefined, tlsCa: undefined, keyPrefix: PREFIX }, storeClock: clock, log: silentLog })
  : openSqliteStore({ ...common, path: place, sync: 'normal' })
const teams = Array.from({ length: TEAMS }, (_, number) => aTeam({ id: `team-${number}` as TeamId, timeZone: 'Europe/Berlin', limits: LIMITS }))
const [busiest] = teams
if (busiest === undefined) throw new Error('there are teams')
await sideBySide(teams, team => insist(() => store.directory.createTeam(team)))
const callers = Array.from({ length: keys }, (_, number): Caller => {
  const team = number % 2 === 0 ? busiest : teams[number % TEAMS] ?? busiest
  return { team, key: aKey(team, { label: 'service' }) }
})
await sideBySide(callers, ({ key }) => insist(() => store.directory.createKey(key)))
const originals: Original[] = []
await sideBySide(callers, async caller => { originals.push(await live(caller)) })
await store.close()
if (kind === 'redis') await copyInRedis()
else copyInSqlite()
process.stdout.write(busiest.id)

/** A whole life: admitted, accepted, completed. */
async function live (caller: Caller): Promise<Original> {
  clock.advance(stepMs)
  const nowMs = clock.nowMs()
  const ref = newTaskRef(caller.team.id)
  const taskId = `${randomBase62(8)}-${randomBase62(24)}` as TaskId
  const order = { ref, caller, model: MODEL, priceMicros: 100_000, fingerprint: fingerprintOf(MODEL, { prompt: ref }), idempotencyKey: undefined, trace: null, orderedAtMs: nowMs, notAfterMs: nowMs + DAY_MS, submitDeadlineMs: nowMs + DAY_MS }
  const times = { created_at: '2026-11-22T12:00:00.657134+00:00', updated_at: '2026-11-22T12:01:32.120034+00:00' }
  await insist(() => store.ledger.admit(order))
  const { after } = await insist(() => store.ledger.resolve(order, { kind: 'accepted', taskId, credential: 'c0ffee00', body: { task_info: { id: taskId, status: 'pending', ...times } } }))
  const url = `https://media.mulerouter.example/ephemeral/${taskId}/result_00.mp4?Expires=1795435292&Signature=${SIGNATURE}`
  await insist(() => store.ledger.observe(after, { kind: 'status', body: { task_info: { id: taskId, status: 'completed', ...times }, videos: [url] } }))
  return { ref, taskId, team: caller.team.id }
}

/** One statement: rows with names and times of their own; all other columns as they are, whichever there are. */
function copyInSqlite (): void {
  const database = new DatabaseSync(place)
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000')
  const renamed = (column: string): string => `substr(${column}, 1, length(${column}) - ${DIGITS}) || printf('%0${DIGITS}d', n)`
  const later = (column: string, unit: number): string => `${column} + n * ${Math.floor(stepMs / (copies + 1)) * unit}`
  const columns = database.prepare('SELECT name FROM pragma_table_info(\'tasks\')').all().map(({ name }) => String(name))
  const values = columns.map(column => {
    if (column === 'number') return later(column, PLACES_A_MS)
    if (column === 'ref' || column === 'task_id') return renamed(column)
    if (['created_at_ms', 'updated_at_ms', 'looked_at_ms', 'submit_deadline_ms'].includes(column)) return later(column, 1)
    return column === 'body' ? `replace(body, task_id, ${renamed('task_id')})` : column
  })
  database.exec(`INSERT INTO tasks (${columns.join(', ')})
    WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ${copies})
    SELECT ${values.join(', ')} FROM tasks, copies ORDER BY 1`)
  database.close()
}

/** A script for each original, so that nothing travels: its value, which does not have its reference, what leads to it by upstream's id, and its place among its team's tasks. */
async function copyInRedis (): Promise<void> {
  const redis = new Redis(place)
  const names = namesOf(PREFIX)
  const script = await redis.script('LOAD', `
    local task, id, tasks = KEYS[1], KEYS[2], KEYS[3]
    local ref, copies, step, digits = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local value, ttl, number = redis.call('GET', task), redis.call('PTTL', task), tonumber(redis.call('ZSCORE', tasks, ref))
    local function renamed (name, n) return string.sub(name, 1, -digits - 1) .. string.format('%0' .. digits .. 'd', n) end
    for n = 1, copies do
      local new_ref = renamed(ref, n)
      redis.call('SET', renamed(task, n), value, 'PX', ttl)
      redis.call('SET', renamed(id, n), new_ref, 'PX', ttl)
      redis.call('ZADD', tasks, string.format('%.0f', number + n * step), new_ref)
    end`)
  const step = Math.floor(stepMs / (copies + 1)) * PLACES_A_MS
  await sideBySide(originals, ({ ref, taskId, team }) => {
    const shard = shardOf(team)
    return redis.evalsha(String(script), 3, names.task(shard, ref), names.taskId(shard, taskId), names.tasks(team), ref, copies, step, DIGITS)
  })
  redis.disconnect()
}
