// Part of the contract: every sum can be counted again from its tasks, a broken one is found and mended, and work that goes on is no mistake.
import { setImmediate } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { repairLedger, verifyLedger, type VerifyDependencies } from '../../src/flows/verify-ledger.ts'
import { catalog } from '../../src/catalog/catalog.ts'
import { ownerOf } from '../../src/ledger/account.ts'
import { keepingOf } from '../../src/ledger/keeping.ts'
import type { Correction, Order } from '../../src/ledger/ledger.ts'
import { emptySum, type SumId } from '../../src/ledger/sum.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { accepted } from '../support/tasks.ts'
import { aTeam } from '../support/teams.ts'
import { silentLog } from '../support/silent-log.ts'
import { openBench } from './open-bench.ts'
import { MODEL, PRICE_MICROS, REFUND_FAILED, TASK_RETENTION_MS, UNKNOWN_HOLD_MS, USAGE_RETENTION_MS, type Bench, type Open } from './open-ledger.ts'

const DAY_MS = 86_400_000
const KEEPING = keepingOf({ taskRetentionMs: TASK_RETENTION_MS, usageRetentionMs: USAGE_RETENTION_MS, rules: REFUND_FAILED })
const ACTOR = { name: 'alice', address: '127.0.0.1', requestId: 'req_1', log: silentLog }

function depsOf ({ ledger, directory, audit, clock }: Bench): VerifyDependencies & { catalog: typeof catalog } {
  return { ledger, directory, audit, clock, catalog, keeping: KEEPING }
}

/** Tasks of every kind, live and test, of two keys, over some days. */
async function aLedger (bench: Bench): Promise<{ caller: Caller, colleague: Caller }> {
  const caller = await bench.caller({ team: { timeZone: 'Europe/Berlin', createdAtMs: bench.clock.nowMs() }, key: { limits: { quotas: [{ per: 'week', unit: 'usd', limit: 10 ** 12 }] } } })
  const colleague = await bench.colleague(caller)
  const tester = await bench.colleague(caller, { mode: 'test' })
  for (let day = 1; day <= 3; day++) {
    for (const each of [caller, colleague, tester]) {
      await bench.begin(each)
      await bench.see((await bench.begin(each)).ref, 'completed')
      await bench.see((await bench.begin(each)).ref, 'failed')
      await bench.ledger.resolve(await bench.admit(each), { kind: 'unknown' })
      await bench.ledger.resolve(await bench.admit(each), { kind: 'refused' })
      await bench.observe((await bench.begin(each)).ref, { kind: 'deleted', begun: true })
      await bench.admit(each)
    }
    await bench.pass(0.9 * DAY_MS)
  }
  return { caller, colleague }
}

/** An order of which nobody knows what became of it, and whose price was given back. */
async function aReleasedOrder (bench: Bench, caller: Caller): Promise<Order> {
  const order = await bench.admit(caller)
  await bench.ledger.resolve(order, { kind: 'unknown' })
  await bench.observe(order.ref, { kind: 'decided', as: 'refunded' })
  return order
}

/** Sums of the caller, one of each kind, each with a figure to break. */
function someSums (caller: Caller, day: string): [SumId, string][] {
  return [
    [{ kind: 'in_flight', scope: 'team', owner: ownerOf('team', caller) }, 'tasks'],
    [{ kind: 'in_flight', scope: 'key', owner: ownerOf('key', caller) }, 'tasks'],
    [{ kind: 'counter', counter: { scope: 'team', owner: ownerOf('team', caller), per: 'day', label: day } }, 'usedTasks'],
    [{ kind: 'counter', counter: { scope: 'key', owner: ownerOf('key', caller), per: 'month', label: day.slice(0, 7) } }, 'heldMicros'],
    [{ kind: 'counter', counter: { scope: 'team', owner: ownerOf('team', caller), per: 'total', label: 'total' } }, 'usedMicros'],
    [{ kind: 'usage_day', account: caller.team.id, day, lineage: caller.key.lineage, model: MODEL }, 'spentMicros'],
    [{ kind: 'usage_day', account: caller.team.id, day, lineage: caller.key.lineage, model: MODEL }, 'completed']
  ]
}

async function breakSum (bench: Bench, caller: Caller, broken: { id: SumId, figure: string, by: number }): Promise<void> {
  const { id, figure, by } = broken
  await addTo(bench, caller, { id, add: { ...emptySum(id), [figure]: by }, keptMs: DAY_MS })
}

async function addTo (bench: Bench, { team: { id: team } }: Caller, change: Omit<Correction, 'was'>): Promise<void> {
  for (let isDone = false; !isDone;) {
    const { sums: [was] } = await bench.ledger.inspect({ team, sums: [change.id], tasks: [], after: null })
    isDone = (await bench.ledger.correct(team, [{ ...change, was }]))[0] === true
  }
}

export function verifyContract (open: Open): void {
  test('a ledger that was only worked with has no mistake, whatever happened to its tasks', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    const { tasks, sums, mismatches } = await verifyLedger(depsOf(bench), caller.team)
    expect(mismatches).toEqual([])
    expect(tasks).toBe(63)
    expect(sums).toBeGreaterThan(30)
    await bench.pass(UNKNOWN_HOLD_MS)
    await bench.settleOverdue(1000)
    expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
  })

  test('a team without anything has nothing wrong', async () => {
    const bench = await openBench(open)
    const team = aTeam()
    await bench.directory.createTeam(team)
    expect((await verifyLedger(depsOf(bench), team)).mismatches).toEqual([])
  })

  describe.each([1, -1])('off by %i', by => {
    test('any sum that does not hold what its tasks add up to is found, mended, and in the audit trail', async () => {
      const bench = await openBench(open)
      const { caller } = await aLedger(bench)
      for (const [id, figure] of someSums(caller, '2026-11-22')) {
        await breakSum(bench, caller, { id, figure, by })
        const found = await verifyLedger(depsOf(bench), caller.team)
        expect(found.mismatches).toMatchObject([{ id, figure }])
        const [mismatch] = found.mismatches
        expect((mismatch?.stored ?? 0) - (mismatch?.counted ?? 0)).toBe(by)

        expect((await repairLedger(depsOf(bench), ACTOR, caller.team)).mismatches).toEqual(found.mismatches)
        expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
        const { rows: [entry] } = await bench.audit.list({ limit: 1, cursor: null })
        expect(entry).toMatchObject({ action: 'ledger.repaired', actor: 'alice', team: caller.team.id })
        expect(Object.values(entry?.changes ?? {})).toEqual([{ before: mismatch?.stored, after: mismatch?.counted }])
      }
    })
  })

  test('two repairs at a time mend once', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    for (const [id, figure] of someSums(caller, '2026-11-22')) {
      await breakSum(bench, caller, { id, figure, by: 7 })
      const repairs = await Promise.all([1, 2, 3].map(() => repairLedger(depsOf(bench), ACTOR, caller.team)))
      for (const { mismatches, repaired } of repairs) expect(repaired).toBe(mismatches.length)
      expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
    }
  })

  test('an answer that turns up after all, while its sums are counted a second time, is no mistake beside one', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    const released = await aReleasedOrder(bench, caller)
    const id: SumId = { kind: 'usage_day', account: caller.team.id, day: '2026-11-22', lineage: caller.key.lineage, model: MODEL }
    await breakSum(bench, caller, { id, figure: 'completed', by: 1 })
    const { ledger, ...deps } = depsOf(bench)
    let times = 0
    const inspect: typeof ledger.inspect = async query => {
      if (++times === 2) await bench.ledger.resolve(released, accepted('pending'))
      return ledger.inspect(query)
    }
    expect((await verifyLedger({ ...deps, ledger: { ...ledger, inspect } }, caller.team)).mismatches).toMatchObject([{ id, figure: 'completed' }])
  })

  test('an answer that turns up after all, while its sums are being mended, is not mended away', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    const released = await aReleasedOrder(bench, caller)
    const id: SumId = { kind: 'counter', counter: { scope: 'team', owner: ownerOf('team', caller), per: 'total', label: 'total' } }
    await breakSum(bench, caller, { id, figure: 'usedTasks', by: 1 })
    const { audit, ...deps } = depsOf(bench)
    const late = async (entry: Parameters<typeof audit.write>[0]): Promise<void> => {
      await bench.ledger.resolve(released, accepted('pending'))
      await audit.write(entry)
    }
    await repairLedger({ ...deps, audit: { ...audit, write: late } }, ACTOR, caller.team)

    const { mismatches } = await verifyLedger(depsOf(bench), caller.team)
    expect(mismatches.map(({ figure, stored, counted }) => [figure, stored - counted])).toEqual([['usedTasks', 1]])
    await repairLedger(depsOf(bench), ACTOR, caller.team)
    expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
  })

  test('what moves twice in the same way, each time while it is counted, is neither a mistake nor mended away', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    const released = [await aReleasedOrder(bench, caller), await aReleasedOrder(bench, caller)]
    const completed = [await bench.begin(caller), await bench.begin(caller)]
    for (const { ref } of completed) await bench.see(ref, 'completed')
    const { ledger, ...deps } = depsOf(bench)
    const inspect: typeof ledger.inspect = async query => {
      const [order, task] = [released.pop(), completed.pop()]
      if (order !== undefined) await bench.ledger.resolve(order, accepted('pending'))
      if (task !== undefined) await bench.observe(task.ref, { kind: 'deleted', begun: true })
      return ledger.inspect(query)
    }
    expect(await repairLedger({ ...deps, ledger: { ...ledger, inspect } }, ACTOR, caller.team)).toMatchObject({ mismatches: [], repaired: 0 })
    expect([released, completed]).toEqual([[], []])
    expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
  })

  test('thousands of sums are mended a few hundred at a time, and the audit trail has them all', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    const sums = Array.from({ length: 1200 }, (_, place): SumId => ({ kind: 'usage_day', account: caller.team.id, day: '2026-11-22', lineage: caller.key.lineage, model: `vendor/model-${place}` }))
    for (const id of sums) await breakSum(bench, caller, { id, figure: 'tasks', by: 1 })
    expect((await repairLedger(depsOf(bench), ACTOR, caller.team)).repaired).toBe(1200)
    expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
    const { rows } = await bench.audit.list({ limit: 10, cursor: null })
    expect(rows.map(({ changes }) => Object.keys(changes ?? {}).length)).toEqual([200, 500, 500])
  })

  test('a sum of another team is neither wrong nor touched', async () => {
    const bench = await openBench(open)
    const one = await aLedger(bench)
    const other = await aLedger(bench)
    const [[id, figure] = []] = someSums(one.caller, '2026-11-22')
    if (id === undefined || figure === undefined) throw new Error('there is a sum')
    await breakSum(bench, one.caller, { id, figure, by: 5 })
    expect((await repairLedger(depsOf(bench), ACTOR, other.caller.team)).mismatches).toEqual([])
    expect((await verifyLedger(depsOf(bench), one.caller.team)).mismatches).toHaveLength(1)
  })

  test.each(['Pacific/Kiritimati', 'Europe/Berlin', 'Etc/GMT+12'])('counters that are gone because their time was over are no mistake, at any hour, in %s', async timeZone => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: { timeZone, createdAtMs: bench.clock.nowMs() } })
    await bench.see((await bench.begin(caller)).ref, 'completed')
    await bench.age(2 * DAY_MS)
    for (let hours = 0; hours < 72; hours += 2) {
      expect((await verifyLedger(depsOf(bench), caller.team)).mismatches, `${hours} hours later`).toEqual([])
      await bench.age(DAY_MS / 12)
    }
  })

  test('a counter that is gone before its time is found and made again', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    const counter = { scope: 'team' as const, owner: caller.team.id, per: 'hour' as const, label: '2026-11-22T12Z' }
    const hourly = await bench.change(caller, { team: { limits: { quotas: [{ per: 'hour', unit: 'tasks', limit: 1000 }] } } })
    bench.clock.set('2026-11-25T10:00:00Z')
    await bench.begin(hourly)
    const label = '2026-11-25T10Z'
    await addTo(bench, caller, { id: { kind: 'counter', counter: { ...counter, label } }, add: { usedTasks: -1, heldTasks: -1, usedMicros: -PRICE_MICROS, heldMicros: -PRICE_MICROS }, keptMs: null })
    expect((await repairLedger(depsOf(bench), ACTOR, hourly.team)).mismatches).toHaveLength(4)
    expect((await bench.ledger.standing(hourly)).standings).toMatchObject([{ used: 1, held: 1 }, {}])
  })

  test('what may have been dropped with its tasks is not missed, and what is held is', async () => {
    const bench = await openBench(open)
    const { caller } = await aLedger(bench)
    // As if the tasks that settled before the last month were gone: the total knows of them, the list does not.
    const total: SumId = { kind: 'counter', counter: { scope: 'team', owner: caller.team.id, per: 'total', label: 'total' } }
    await addTo(bench, caller, { id: total, add: { usedTasks: 100, heldTasks: 0, usedMicros: 100, heldMicros: 0 }, keptMs: null })
    const old = { ...caller.team, createdAtMs: bench.clock.nowMs() - 90 * DAY_MS }
    expect((await verifyLedger(depsOf(bench), old)).mismatches).toEqual([])
    await addTo(bench, caller, { id: total, add: { usedTasks: 1, heldTasks: 1, usedMicros: 0, heldMicros: 0 }, keptMs: null })
    expect((await verifyLedger(depsOf(bench), old)).mismatches).toMatchObject([{ figure: 'heldTasks' }])
  })

  test('work that goes on is no mistake, and a mistake is mended exactly while it does', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: { createdAtMs: bench.clock.nowMs() } })
    for (let count = 1; count <= 250; count++) await bench.begin(caller)
    const end = new AbortController()
    const work = Promise.all(Array.from({ length: 4 }, async () => {
      while (!end.signal.aborted) {
        const { ref } = await bench.begin(caller)
        await bench.see(ref, 'processing')
        await bench.see(ref, 'completed')
        // The embedded ledger never waits for anything: others get their turn here.
        await setImmediate()
      }
    }))
    onTestFinished(() => end.abort())
    const [[id, figure] = []] = someSums(caller, '2026-11-22')
    if (id === undefined || figure === undefined) throw new Error('there is a sum')
    for (let round = 1; round <= 5; round++) {
      expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
      await breakSum(bench, caller, { id, figure, by: 3 })
      const { mismatches } = await repairLedger(depsOf(bench), ACTOR, caller.team)
      expect(mismatches).toMatchObject([{ id, figure }])
    }
    end.abort()
    await work
    expect((await verifyLedger(depsOf(bench), caller.team)).mismatches).toEqual([])
    expect((await bench.ledger.standing(caller)).inFlight).toMatchObject([{ scope: 'team', used: 250 }, { scope: 'key', used: 250 }])
  })
}
