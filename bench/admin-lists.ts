// Lists and reports for operators on a ledger with 100,000 tasks and 10,000 keys, beside an almost empty one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { startApp } from '../src/app.ts'
import { readConfig } from '../src/config/config.ts'
import { constant } from '../src/kernel/live.ts'
import { Secret } from '../src/kernel/secret.ts'
import { LedgerUnavailable, type Ledger, type TaskQuery } from '../src/ledger/ledger.ts'
import type { UsageQuery } from '../src/ledger/report.ts'
import { openRedisStore } from '../src/stores/redis/open.ts'
import { openSqliteStore } from '../src/stores/sqlite/open.ts'
import type { TeamDirectory } from '../src/teams/directory.ts'
import { openLog } from '../src/telemetry/log.ts'
import type { ManualClock } from '../test/support/manual-clock.ts'
import { startRedis } from '../test/support/redis/redis-server.ts'
import { silentLog } from '../test/support/silent-log.ts'
import { DAY_MS, longAgo, manyTasks, MODELS, type ManyTasks, type Size } from './many-tasks.ts'
import { liveMb, measure, type Figures } from './measure.ts'

type Store = { ledger: Ledger, directory: TeamDirectory, close (): Promise<void> }
/** A ledger of either kind, and the variables with which a gateway finds it. */
type Place = { env: Record<string, string>, open (clock: ManualClock): Promise<Store>, remove (): Promise<void> }
/** Nothing is known of what was not answered. */
type Measured = Map<string, Figures | undefined>

const SIZES: Readonly<Record<'many' | 'few', Size>> = { many: { teams: 200, keys: 10_000, tasks: 100_000 }, few: { teams: 1, keys: 2, tasks: 20 } }
const ADMIN_TOKEN = 'admin-token-of-a-benchmark'
const PAGE = 20
const WALK_LIMIT = 100
const WALK_WITHIN_MS = 20_000
const AWAY_MS = 1000
const LIVE_EVERY_PAGES = 100

const common = {
  rules: { chargeFailedTasks: false, unknownHoldMs: DAY_MS, unknownHoldEnd: 'spent' as const, taskDeadlineMs: DAY_MS },
  idempotencyTtlMs: DAY_MS,
  statusMaxAgeMs: 3000,
  lookLeaseMs: 35_000,
  taskRetentionMs: 400 * DAY_MS,
  usageRetentionMs: 400 * DAY_MS
}
const KEPT = { TASK_RETENTION_DAYS: '400', USAGE_RETENTION_DAYS: '400' }

const [only] = process.argv.slice(2)
for (const [name, newPlace] of [['embedded', inAFile], ['redis', inRedis]] as const) {
  if (only !== undefined && only !== name) continue
  const few = await measureAt(await newPlace(), SIZES.few)
  const many = await measureAt(await newPlace(), SIZES.many)
  say(name, many, few)
}

async function measureAt (place: Place, size: Size): Promise<{ measured: Measured, notes: string[] }> {
  try {
    const clock = longAgo()
    const store = await place.open(clock)
    const beganMs = performance.now()
    const world = await manyTasks(store, clock, size)
    const filled = `${size.teams} teams, ${size.keys} keys, ${size.tasks} tasks; written in ${seconds(performance.now() - beganMs)}`
    const measured = await measureStore(store, world)
    const walked = await answered(() => walk(store.ledger)) ?? 'the whole list: not answered'
    await store.close()
    await measureGateway(place, { clock, world, measured })
    return { measured, notes: [filled, walked] }
  } finally {
    await place.remove()
  }
}

async function inAFile (): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-bench-'))
  const path = join(folder, 'ledger.db')
  return {
    env: { DATABASE_PATH: path },
    open: async clock => openSqliteStore({ ...common, path, sync: 'normal', clock }),
    async remove () { rmSync(folder, { recursive: true }) }
  }
}

async function inRedis (): Promise<Place> {
  const server = await startRedis()
  return {
    env: { REDIS_URL: server.url },
    open: clock => openRedisStore({
      ...common, clock, storeClock: clock, log: silentLog, address: { url: constant(new Secret(server.url)), cluster: false, sentinels: undefined, tlsCa: undefined, keyPrefix: 'mg' }
    }),
    remove: () => server.stop()
  }
}

async function measureStore ({ ledger, directory }: Store, { teams, taskId, fromMs, toMs }: ManyTasks): Promise<Measured> {
  const team = teams[0]?.[0]?.team.id
  const small = teams.at(-1)?.[0]?.team.id
  const [busy, idle] = [teams[0]?.[0]?.key.id, teams[0]?.at(-1)?.key.id]
  if (team === undefined) throw new Error('there is a team')
  const middleMs = Math.floor((fromMs + toMs) / 2)
  const aDay = { fromMs: middleMs, toMs: middleMs + DAY_MS }

  /** Where a page in the middle of the list begins. */
  async function middleOf (query: Partial<TaskQuery>): Promise<string | null> {
    return (await ledger.list({ ...query, toMs: middleMs, limit: 1, cursor: null })).nextCursor
  }
  async function middleOfKeys (count: number): Promise<string | null> {
    let cursor: string | null = null
    for (let read = 0; read < count; read += 100) ({ nextCursor: cursor } = await directory.listKeys(team ?? never(), { limit: 100, cursor }))
    return cursor
  }
  const tasks = (query: Partial<TaskQuery>) => () => ledger.list({ limit: PAGE, cursor: null, ...query })
  const usage = (query: Partial<UsageQuery>) => async () => {
    let sum = 0
    for await (const { tasks } of ledger.usage({ mode: 'live', fromDay: dayOf(fromMs), toDay: dayOf(toMs), ...query })) sum += tasks
    return sum
  }
  const [deep = null, deepOfTeam = null, deepOfKeys = null] = [await answered(() => middleOf({})), await middleOf({ team }), await middleOfKeys((teams[0]?.length ?? 0) / 2)]

  const measured: Measured = new Map()
  for (const [name, work] of Object.entries({
    'tasks of all': tasks({}),
    '  a page in the middle': tasks({ cursor: deep }),
    '  100 a page': tasks({ limit: 100 }),
    '  status=unknown': tasks({ state: 'unknown' }),
    '  status=pending': tasks({ state: 'pending' }),
    '  status=failed': tasks({ state: 'failed' }),
    '  status=expired, of which there are none': tasks({ state: 'expired' }),
    '  key, a busy one': tasks({ key: busy }),
    '  key, an idle one': tasks({ key: idle }),
    '  model, a rare one': tasks({ model: MODELS.rare }),
    '  from and to, a day': tasks(aDay),
    '  from and to, status=refused': tasks({ ...aDay, state: 'refused' }),
    '  task_id': tasks({ taskId }),
    'tasks of the big team': tasks({ team }),
    '  a page in its middle': tasks({ team, cursor: deepOfTeam }),
    '  status=unknown of it': tasks({ team, state: 'unknown' }),
    '  status=failed of it': tasks({ team, state: 'failed' }),
    '  model of it, a rare one': tasks({ team, model: MODELS.rare }),
    '  from and to of it, a day': tasks({ team, ...aDay }),
    'tasks of a small team': tasks({ team: small }),
    '  status=unknown of a small one': tasks({ team: small, state: 'unknown' }),
    'keys of the big team': () => directory.listKeys(team, { limit: PAGE, cursor: null }),
    '  a page in their middle': () => directory.listKeys(team, { limit: PAGE, cursor: deepOfKeys }),
    teams: () => directory.listTeams({ limit: PAGE, cursor: null }),
    'usage of 60 days, all teams': usage({}),
    '  of the big team': usage({ team }),
    '  of a small team': usage({ team: small })
  })) measured.set(name, await answered(() => measure(work)))
  return measured
}

/** A list that takes Redis too long makes the ledger seem away, to everybody. */
async function answered<Result> (work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LedgerUnavailable)) throw error
    await pause(AWAY_MS)
    return undefined
  }
}

/** Every task of all teams, page by page. */
async function walk (ledger: Ledger): Promise<string> {
  const beganMs = performance.now()
  const liveBefore = liveMb()
  let [pages, tasks, liveMost] = [0, 0, liveBefore]
  let cursor: string | null = null
  do {
    const page = await ledger.list({ limit: WALK_LIMIT, cursor })
    cursor = page.nextCursor
    pages += 1
    tasks += page.rows.length
    if (pages % LIVE_EVERY_PAGES === 0) liveMost = Math.max(liveMost, liveMb())
  } while (cursor !== null && performance.now() - beganMs < WALK_WITHIN_MS)
  const tookMs = performance.now() - beganMs
  const end = cursor === null ? '' : ', and not to the end'
  return `the whole list, ${WALK_LIMIT} a page: ${tasks} tasks in ${seconds(tookMs)}${end}, ${milliseconds(tookMs / pages)} a page; heap grown by ${(liveMost - liveBefore).toFixed(1)} MB`
}

/** The same asked of a whole gateway. */
async function measureGateway ({ env }: Place, { clock, world, measured }: { clock: ManualClock, world: ManyTasks, measured: Measured }): Promise<void> {
  const config = readConfig({
    PORT: '0', MULEROUTER_API_KEY: 'unused', MULEROUTER_BASE_URL: 'http://127.0.0.1:9', ADMIN_TOKEN, SWEEP_LOOKS_PER_SECOND: '0', LOG_LEVEL: 'silent', ...KEPT, ...env
  })
  const app = await startApp({ config, clock, storeClock: clock, log: openLog({ level: 'silent', destination: '/dev/null' }) })
  const get = (path: string) => async () => {
    const response = await fetch(`${app.origin}/admin/v1/${path}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
    if (response.status === 503) throw new LedgerUnavailable(new Error(await response.text()))
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return z.object({ data: z.array(z.unknown()) }).parse(await response.json())
  }
  const team = world.teams[0]?.[0]?.team.id
  try {
    for (const path of ['tasks', 'tasks?limit=100', 'tasks?status=unknown', `tasks?team=${team}`, `teams/${team}/keys`, 'teams']) measured.set(`GET /admin/v1/${path}`, await answered(() => measure(get(path))))
  } finally {
    await app.stop()
  }
}

function say (ledger: string, { measured, notes }: { measured: Measured, notes: string[] }, few: { measured: Measured }): void {
  const lines = [
    `${ledger}: ${notes[0]}`, '',
    row('', ['median', 'max', 'stall', 'allocated', 'almost empty']),
    ...[...measured].map(([name, figures]) => {
      const empty = few.measured.get(name)
      if (figures === undefined) return row(name, ['not answered'])
      const { medianMs, maxMs, stallMs, allocatedMb } = figures
      return row(name, [milliseconds(medianMs), milliseconds(maxMs), milliseconds(stallMs), `${allocatedMb.toFixed(1)} MB`, empty === undefined ? '' : milliseconds(empty.medianMs)])
    }),
    '', ...notes.slice(1), '', ''
  ]
  process.stdout.write(lines.join('\n'))
}

function row (name: string, columns: readonly string[]): string { return name.padEnd(42) + columns.map(column => column.padStart(13)).join('') }
function milliseconds (ms: number): string { return `${Math.max(0, ms).toFixed(1)} ms` }
function seconds (ms: number): string { return `${(ms / 1000).toFixed(1)} s` }
function dayOf (ms: number): string { return new Date(ms).toISOString().slice(0, 10) }
function never (): never { throw new Error('there is a team') }
