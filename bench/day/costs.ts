// What each kind of thing costs Redis, measured one kind after the other on a Redis of its own: what a day is predicted from.
import type { Redis } from 'ioredis'
import { randomBase62, type TaskId, type TeamId } from '../../src/kernel/ids.ts'
import type { Caller } from '../../src/teams/directory.ts'
import type { Limits } from '../../src/teams/limits.ts'
import { manualClock, type ManualClock } from '../../test/support/manual-clock.ts'
import { startRedis } from '../../test/support/redis/redis-server.ts'
import { aKey, aTeam } from '../../test/support/teams.ts'
import { sideBySide } from '../side-by-side.ts'
import { openGateway, type Gateway } from './gateway.ts'
import { DAY_MS, limitsOf, MIDNIGHT, TICK_MS, type PlannedCreate } from './plan.ts'
import { combined, dropKinds, SHORT_LIVED, useOf, type Use } from './redis-use.ts'

/** Everything that is counted in a day. `activeTeam`, `activeKey`: what the first create of a day brings beyond what any brings. */
export const KINDS = ['team', 'key', 'activeTeam', 'activeKey', 'create', 'named', 'repeat', 'neverBegan', 'unknown', 'exhausted', 'read', 'look', 'settle', 'sweptLook', 'round'] as const
export type Kind = typeof KINDS[number]
export type Costs = Record<Kind, Use>

type Made = { number: number, caller: Caller, taskId: TaskId }

const TEAMS = 200
const CALLS = 400
const TAKES_TICKS = 20
/** What is not there any more when the day is over and all tasks have ended. */
const PASSING = [...SHORT_LIVED, 'in-flight']
/** As docs/redis.md wants it. */
export const REDIS_ARGS = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--auto-aof-rewrite-percentage', '0']

export async function measureCosts (): Promise<Costs> {
  const server = await startRedis({ args: REDIS_ARGS })
  const clock = manualClock(MIDNIGHT)
  const planned: PlannedCreate[] = []
  const gateway = await openGateway(server.url, clock, number => plannedAt(planned, number))
  try {
    const measuring = { gateway, clock, planned, redis: server.client() }
    // Once before it counts: then no script is sent, and no code is new.
    await eachKind(measuring)
    clock.advance(DAY_MS)
    return await eachKind(measuring)
  } finally {
    await gateway.close()
    await server.stop()
  }
}

async function eachKind ({ gateway, clock, planned, redis }: { gateway: Gateway, clock: ManualClock, planned: PlannedCreate[], redis: Redis }): Promise<Costs> {
  const callers = Array.from({ length: TEAMS }, () => newCaller(limitsOf(1e6)))
  const others = callers.map(({ team }): Caller => ({ team, key: aKey(team, { label: 'service' }) }))
  const poor = newCaller(limitsOf(0))
  const each = (calls: number, work: () => Promise<unknown>): Promise<Use> => useOfEach(redis, calls, work)
  const create = (settings: Partial<PlannedCreate>, count = CALLS): Promise<Made[]> => createAll(gateway, planned, Array.from({ length: count }, (_, place) => ({ ...aCreate(callers[place % TEAMS] ?? poor), ...settings })))
  const readAll = (made: readonly Made[]): Promise<unknown> => sideBySide(made, ({ caller, taskId }) => gateway.read(caller, taskId))

  const team = await each(TEAMS, () => sideBySide(callers, ({ team }) => gateway.directory.createTeam(team)))
  const key = await each(TEAMS, () => sideBySide(callers, ({ key }) => gateway.directory.createKey(key)))
  await sideBySide(others, ({ key }) => gateway.directory.createKey(key))
  await gateway.directory.createTeam(poor.team)
  await gateway.directory.createKey(poor.key)
  const first = await each(TEAMS, () => create({}, TEAMS))
  const firstOfOther = await each(TEAMS, () => createAll(gateway, planned, others.map(aCreate)))
  let [made, named]: Made[][] = [[], []]
  const ofCreate = await each(CALLS, async () => { made = await create({}) })
  const ofNamed = await each(CALLS, async () => { named = await create({ named: true }) })
  const repeat = await each(CALLS, () => sideBySide(named ?? [], ({ number }) => gateway.create(plannedAt(planned, number), number)))
  const neverBegan = await each(CALLS, () => create({ fate: 'refused' }))
  const unknown = await each(CALLS, () => create({ fate: 'unknown' }))
  const exhausted = await each(CALLS, () => create({ caller: poor }))
  clock.advance(TICK_MS)
  const look = await each(CALLS, () => readAll(made ?? []))
  const read = await each(CALLS, () => readAll(made ?? []))
  clock.advance(2 * TAKES_TICKS * TICK_MS)
  const settle = await each(CALLS, () => readAll(made ?? []))
  while (await gateway.sweep() > 0);
  const round = await each(CALLS, async () => { for (let count = 0; count < CALLS; count++) await gateway.sweep() })
  await create({})
  clock.advance(TICK_MS)
  const sweptLook = await each(CALLS, () => gateway.sweep())
  clock.advance(2 * TAKES_TICKS * TICK_MS)
  while (await gateway.sweep() > 0);
  return {
    team,
    key,
    create: ofCreate,
    named: ofNamed,
    repeat,
    neverBegan,
    unknown,
    exhausted,
    read,
    look,
    settle,
    round,
    activeTeam: combined(first, 1, firstOfOther, -1),
    activeKey: combined(firstOfOther, 1, ofCreate, -1),
    sweptLook: combined(sweptLook, 1, round, -1 / CALLS)
  }
}

/** Creates the planned ones under the next numbers. @returns those that were accepted */
async function createAll (gateway: Gateway, planned: PlannedCreate[], creates: readonly PlannedCreate[]): Promise<Made[]> {
  const numbered = creates.map(create => ({ create, number: planned.push(create) - 1 }))
  const made: Made[] = []
  await sideBySide(numbered, async ({ create, number }) => {
    const answer = await gateway.create(create, number)
    if (answer.kind === 'accepted') made.push({ number, caller: create.caller, taskId: answer.taskId })
  })
  return made
}

/** What one of so many calls makes Redis do, and what it leaves there for more than minutes. */
async function useOfEach (redis: Redis, calls: number, work: () => Promise<unknown>): Promise<Use> {
  await dropKinds(redis, PASSING)
  const before = await useOf(redis)
  await work()
  const after = await useOf(redis)
  await dropKinds(redis, PASSING)
  const { memory, keys } = await useOf(redis)
  return combined({ ...after, memory, keys }, 1 / calls, before, -1 / calls)
}

function newCaller (limits: Limits): Caller {
  const team = aTeam({ id: `costs-${randomBase62(8).toLowerCase()}` as TeamId, timeZone: 'Europe/Berlin', limits })
  return { team, key: aKey(team, { label: 'service' }) }
}

function aCreate (caller: Caller): PlannedCreate {
  return { tick: 0, caller, named: false, repeated: false, fate: 'completed', takesTicks: TAKES_TICKS, pollers: 1, everyTicks: 1 }
}

function plannedAt (planned: readonly PlannedCreate[], number: number): PlannedCreate {
  const create = planned[number]
  if (create === undefined) throw new Error('upstream is asked for what is planned')
  return create
}
