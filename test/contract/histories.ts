// Part of the ledger's contract: after any history whatever, every counter is the sum over the tasks that are there.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeyId, TaskRef, TeamId } from '../../src/kernel/ids.ts'
import type { Order } from '../../src/ledger/ledger.ts'
import type { Task } from '../../src/ledger/task.ts'
import type { ApiKey } from '../../src/teams/api-key.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { QUOTA_PERIODS, type Limits, type Quota, type QuotaPeriod } from '../../src/teams/limits.ts'
import type { Team } from '../../src/teams/team.ts'
import { present } from '../support/present.ts'
import { accepted } from '../support/tasks.ts'
import { aKey, aTeam } from '../support/teams.ts'
import { benchOf, REFUND_FAILED, SUBMIT_WITHIN_MS, UNKNOWN_HOLD_MS, type Bench, type Open } from './open-ledger.ts'

const SCOPES = ['team', 'key'] as const
const ZONES = ['UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/Los_Angeles', 'Asia/Kolkata']
const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const JUMPS_MS = [SECOND_MS, 40 * SECOND_MS, HOUR_MS, 9 * HOUR_MS, 26 * HOUR_MS, 8 * 24 * HOUR_MS, 33 * 24 * HOUR_MS]
const YEARS = { fromDay: '2026-01-01', toDay: '2036-12-31' }

/** One step of a history; numbers choose among the callers and tasks that there are. */
type Step =
  | { do: 'admit', who: number, priceMicros: number }
  | { do: 'resolve', task: number, as: 'accepted' | 'completed' | 'refused' | 'unsent' | 'unknown' }
  | { do: 'observe', task: number, status: 'pending' | 'processing' | 'completed' | 'failed' }
  | { do: 'delete', task: number, begun: boolean }
  | { do: 'jump', ms: number }
  | { do: 'limit', who: number, scope: 'team' | 'key', limits: Limits }
  | { do: 'move', who: number, timeZone: string }
  | { do: 'lose', task: number }
  | { do: 'decide', task: number, as: 'spent' | 'refunded' }
  | { do: 'settle-overdue' }
  | { do: 'retract', who: number }
  | { do: 'reopen' }

const number = fc.nat({ max: 1000 })
const quota: fc.Arbitrary<Quota> = fc.oneof(
  fc.record({ per: fc.constantFrom(...QUOTA_PERIODS), unit: fc.constant('tasks' as const), limit: fc.nat({ max: 4 }) }),
  fc.record({ per: fc.constantFrom(...QUOTA_PERIODS), unit: fc.constant('usd' as const), limit: fc.nat({ max: 20 }) })
)
const limits: fc.Arbitrary<Limits> = fc.record({
  requestsPerMinute: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  tasksInFlight: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  quotas: fc.uniqueArray(quota, { maxLength: 4, selector: ({ per, unit }) => `${per} ${unit}` })
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant('admit' as const), who: number, priceMicros: fc.nat({ max: 7 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('resolve' as const), task: number, as: fc.constantFrom('accepted', 'accepted', 'accepted', 'completed', 'refused', 'unsent', 'unknown') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('observe' as const), task: number, status: fc.constantFrom('pending', 'processing', 'completed', 'failed') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), task: number, begun: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(...JUMPS_MS) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('limit' as const), who: number, scope: fc.constantFrom(...SCOPES), limits }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), who: number, timeZone: fc.constantFrom(...ZONES) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), task: number }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), task: number, as: fc.constantFrom('spent', 'refunded') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle-overdue' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retract' as const), who: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) }
)

/** The name of a window, without the gateway's own calendar: dates by Intl, weeks by the rule of their Thursday. */
function labelAt (per: QuotaPeriod, timeZone: string, nowMs: number): string {
  if (per === 'total') return 'total'
  if (per === 'hour') return `${new Date(nowMs).toISOString().slice(0, 13)}Z`
  const date = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(nowMs)
  if (per === 'day') return date
  if (per === 'month') return date.slice(0, 7)
  const thursday = new Date(`${date}T00:00:00Z`)
  thursday.setUTCDate(thursday.getUTCDate() + 3 - (thursday.getUTCDay() + 6) % 7)
  const year = thursday.getUTCFullYear()
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 24 * HOUR_MS))
  return `${year}-W${String(week).padStart(2, '0')}`
}

/** Where a task was counted when it was admitted, as the test remembers it: `team day 2026-11-22`. */
type Remembered = { windows: Set<string>, minute: string, day: string }

/** Two teams; of the first, two keys of one lineage and a third by itself; of the second, one key. */
class World {
  readonly bench: Bench
  readonly #teams = new Map<TeamId, Team>()
  readonly #keys: ApiKey[] = []
  readonly orders: Order[] = []
  readonly remembered = new Map<TaskRef, Remembered>()

  constructor (bench: Bench) { this.bench = bench }

  async settle (): Promise<void> {
    for (const keyCount of [3, 1]) {
      const team = aTeam()
      this.#teams.set(team.id, team)
      await this.bench.directory.createTeam(team)
      let lineage: KeyId | undefined
      for (let count = 1; count <= keyCount; count++) {
        const key = aKey(team, count === 2 && lineage !== undefined ? { lineage } : {})
        lineage = key.lineage
        this.#keys.push(key)
        await this.bench.directory.createKey(key)
      }
    }
  }

  get callers (): Caller[] { return this.#keys.map(key => ({ key, team: present(this.#teams.get(key.team)) })) }
  caller (which: number): Caller { return present(this.callers[which % this.callers.length]) }
  order (which: number): Order | undefined { return this.orders[which % this.orders.length] }

  replace ({ team, key }: Caller): void {
    this.#teams.set(team.id, team)
    this.#keys.splice(this.#keys.findIndex(({ id }) => id === key.id), 1, key)
  }

  /** @param counted false for an order that was never admitted: it is no request either */
  remember (order: Order, { counted }: { counted: boolean }): void {
    const { team, key } = order.caller
    const nowMs = this.bench.clock.nowMs()
    const windows = SCOPES.flatMap(scope => {
      const limited = (scope === 'team' ? team : key).limits.quotas.map(({ per }) => per)
      return [...new Set<QuotaPeriod>(['day', 'month', 'total', ...limited])].map(per => `${scope} ${per} ${labelAt(per, team.timeZone, nowMs)}`)
    })
    this.orders.push(order)
    this.remembered.set(order.ref, { windows: new Set(windows), minute: counted ? minuteAt(nowMs) : 'none', day: labelAt('day', team.timeZone, nowMs) })
  }
}

function minuteAt (nowMs: number): string { return new Date(nowMs).toISOString().slice(0, 16) }
function isRefunded ({ money }: Task): boolean { return money === 'refunded' }
function isUnfinished ({ state }: Task): boolean { return ['submitting', 'pending', 'processing'].includes(state) }
function sum (numbers: readonly number[]): number { return numbers.reduce((total, each) => total + each, 0) }

/** What a caller's limits must show, summed up over the tasks that are listed. */
function expectedStandings ({ remembered }: World, { team, key }: Caller, tasks: readonly Task[], nowMs: number): object[] {
  return SCOPES.flatMap(scope => {
    const own = tasks.filter(task => scope === 'team' ? task.team === team.id : task.lineage === key.lineage)
    const { quotas, requestsPerMinute } = (scope === 'team' ? team : key).limits
    const amounts = quotas.map(({ per, unit, limit }) => {
      const window = `${scope} ${per} ${labelAt(per, team.timeZone, nowMs)}`
      const counted = own.filter(({ ref }) => remembered.get(ref)?.windows.has(window)).filter(task => !isRefunded(task))
      const amount = (of: readonly Task[]): number => unit === 'tasks' ? of.length : sum(of.map(({ priceMicros }) => priceMicros))
      return { scope, per, unit, limit, used: amount(counted), held: amount(counted.filter(({ money }) => money === 'held')) }
    })
    if (requestsPerMinute === undefined) return amounts
    const used = own.filter(({ ref }) => remembered.get(ref)?.minute === minuteAt(nowMs)).length
    return [...amounts, { scope, per: 'minute', unit: 'requests', limit: requestsPerMinute, used, held: 0 }]
  })
}

/** Demands that every number that the ledger shows is the sum over its tasks. */
async function expectSums (world: World): Promise<void> {
  const { bench, remembered } = world
  const nowMs = bench.clock.nowMs()
  const all = new Map<TeamId, Task[]>()
  for (const { team } of world.callers) {
    if (all.has(team.id)) continue
    const tasks = await bench.tasks(team.id)
    all.set(team.id, tasks)
    const rows = Map.groupBy(tasks.filter(({ state }) => state !== 'refused' && state !== 'unsent'), ({ ref, lineage, model }) => `${remembered.get(ref)?.day} ${lineage} ${model}`)
    const shown = (await bench.usage({ team: team.id, ...YEARS })).map(({ day, lineage, model, tasks, completed, failed, unknown, spentMicros, heldMicros, refundedMicros }) =>
      [`${day} ${lineage} ${model}`, { tasks, completed, failed, unknown, spentMicros, heldMicros, refundedMicros }])
    const price = (of: readonly Task[], money: Task['money']): number => sum(of.filter(task => task.money === money).map(({ priceMicros }) => priceMicros))
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries([...rows].map(([name, of]) => [name, {
      tasks: of.length,
      completed: of.filter(({ state }) => state === 'completed').length,
      failed: of.filter(({ state }) => state === 'failed').length,
      unknown: of.filter(({ state }) => state === 'unknown').length,
      spentMicros: price(of, 'spent'),
      heldMicros: price(of, 'held'),
      refundedMicros: price(of, 'refunded')
    }])))
  }

  expect(sum([...all.values()].map(tasks => tasks.length))).toBe(world.orders.length)
  for (const caller of world.callers) {
    const tasks = present(all.get(caller.team.id))
    const { standings, inFlight } = await bench.ledger.standing(caller)
    const shown = standings.map(({ scope, unit, window, limit, used, held }) => ({ scope, per: window.per, unit, limit, used, held }))
    expect(shown).toEqual(expectedStandings(world, caller, tasks, nowMs))
    for (const { used, held } of shown) expect(Math.min(used, held)).toBeGreaterThanOrEqual(0)
    const unfinished = tasks.filter(isUnfinished)
    expect(inFlight.map(({ scope, used }) => ({ scope, used }))).toEqual([
      { scope: 'team', used: unfinished.length },
      { scope: 'key', used: unfinished.filter(({ lineage }) => lineage === caller.key.lineage).length }
    ])
  }
}

async function admit (world: World, caller: Caller, priceMicros: number): Promise<void> {
  const { bench } = world
  const order = bench.order(caller, { priceMicros })
  const before = await bench.ledger.standing(caller)
  const admission = await bench.ledger.admit(order)
  const after = await bench.ledger.standing(caller)
  const fits = before.standings.every(({ unit, limit, used }) => used + (unit === 'usd' ? priceMicros : 1) <= limit) &&
    before.inFlight.every(({ limit = Infinity, used }) => used + 1 <= limit)
  expect(admission.kind === 'admitted').toBe(fits)
  if (!fits) return
  for (const { limit, used } of after.standings) expect(used).toBeLessThanOrEqual(limit)
  for (const { limit = Infinity, used } of after.inFlight) expect(used).toBeLessThanOrEqual(limit)
  world.remember(order, { counted: true })
}

/** An order whose admission was given up before the ledger met it: when it does, nothing happens. */
async function retract (world: World, caller: Caller): Promise<void> {
  const order = world.bench.order(caller)
  await world.bench.ledger.resolve(order, { kind: 'unsent' })
  expect(await world.bench.ledger.admit(order)).toEqual({ kind: 'late' })
  world.remember(order, { counted: false })
}

/** Lets all time pass that there is: submissions are abandoned, running tasks end, holds on unknown outcomes are over. */
async function end (world: World): Promise<void> {
  const { bench } = world
  await bench.pass(SUBMIT_WITHIN_MS)
  await bench.settleOverdue(1000)
  for (const { ref } of world.orders) await bench.see(ref, 'completed')
  await bench.pass(UNKNOWN_HOLD_MS)
  await bench.settleOverdue(1000)
}

async function take (world: World, taken: Step): Promise<void> {
  const { bench } = world
  switch (taken.do) {
    case 'admit': return admit(world, world.caller(taken.who), taken.priceMicros)
    case 'jump': return bench.pass(taken.ms)
    case 'reopen': return bench.reopen()
    case 'settle-overdue': {
      await bench.settleOverdue(100)
      return
    }
    case 'retract': return retract(world, world.caller(taken.who))
    case 'limit': return world.replace(await bench.change(world.caller(taken.who), { [taken.scope]: { limits: taken.limits } }))
    case 'move': return world.replace(await bench.change(world.caller(taken.who), { team: { timeZone: taken.timeZone } }))
  }
  const order = world.order(taken.task)
  if (order === undefined) return
  switch (taken.do) {
    case 'resolve': {
      const { as } = taken
      await bench.ledger.resolve(order, as === 'accepted' ? accepted('pending') : as === 'completed' ? accepted('completed') : { kind: as })
      return
    }
    case 'observe': {
      await bench.see(order.ref, taken.status)
      return
    }
    case 'lose': return bench.lose(order)
    case 'decide': {
      await bench.observe(order.ref, { kind: 'decided', as: taken.as })
      return
    }
    case 'delete': await bench.observe(order.ref, { kind: 'deleted', begun: taken.begun })
  }
}

export function historiesContract (open: Open, { numRuns = 40, stepsMax = 40 } = {}): void {
  test('after every step of any history, every counter is the sum over the tasks, no admission passed a limit, and in the end every hold ends', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: stepsMax }), async history => {
      const bench = benchOf(await open(REFUND_FAILED))
      try {
        const world = new World(bench)
        await world.settle()
        for (const taken of history) {
          await take(world, taken)
          await expectSums(world)
        }
        await end(world)
        await expectSums(world)
        for (const order of world.orders) expect((await bench.task(order)).money).not.toBe('held')
      } finally {
        await bench.close()
      }
    }), { numRuns })
  })
}
