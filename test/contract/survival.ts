// Part of the ledger's contract: what was acknowledged is still there after the next start.
import { expect, test } from 'vitest'
import type { Caller } from '../../src/teams/directory.ts'
import { openBench } from './open-bench.ts'
import { LOOK_LEASE_MS, STATUS_MAX_AGE_MS, type Bench, type Open } from './open-ledger.ts'

const LIMITS = {
  limits: {
    requestsPerMinute: 10,
    tasksInFlight: 10,
    quotas: (['hour', 'day', 'week', 'month', 'total'] as const).map(per => ({ per, unit: 'usd' as const, limit: 5_000_000 }))
  }
}

/** All that a caller can learn of the ledger. */
async function known (bench: Bench, caller: Caller): Promise<object> {
  return {
    caller: await bench.directory.findCaller(caller.key.hash),
    tasks: await bench.tasks(caller.team.id),
    standing: await bench.ledger.standing(caller),
    usage: await bench.usage({ team: caller.team.id, fromDay: '2026-01-01', toDay: '2026-12-31' })
  }
}

export function survivalContract (open: Open): void {
  test('teams, keys, tasks, counters and reports are the same after the next start, and the one after it', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: LIMITS, key: LIMITS })
    await bench.admit(caller)
    await bench.see((await bench.begin(caller)).ref, 'completed')
    await bench.see((await bench.begin(caller)).ref, 'failed')
    await bench.ledger.resolve(await bench.admit(caller), { kind: 'unknown' })
    const before = await known(bench, caller)
    for (let start = 1; start <= 2; start++) {
      await bench.reopen()
      expect(await known(bench, caller)).toEqual(before)
    }
  })

  test('a task goes on where it was, and settles once', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: LIMITS })
    const { ref, order } = await bench.begin(caller)
    await bench.reopen()
    await bench.see(ref, 'failed')
    await bench.reopen()
    await bench.see(ref, 'failed')
    expect(await bench.task(order)).toMatchObject({ state: 'failed', money: 'refunded' })
    expect((await bench.ledger.standing(caller)).standings.map(({ unit, used }) => [unit, used]))
      .toEqual([['usd', 0], ['usd', 0], ['usd', 0], ['usd', 0], ['usd', 0], ['requests', 1]])
  })

  test('a limit holds over a start', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ key: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 3 }] } } })
    await bench.admit(caller)
    await bench.admit(caller)
    await bench.reopen()
    expect(await bench.admitMany(caller, 5)).toBe(1)
  })

  test('the right to look is not given out twice by a start', async () => {
    const bench = await openBench(open)
    const { order: { caller }, taskId } = await bench.begin(await bench.caller())
    await bench.pass(STATUS_MAX_AGE_MS)
    expect((await bench.find(caller, taskId))?.mayLook).toBe(true)
    await bench.reopen()
    expect((await bench.find(caller, taskId))?.mayLook).toBe(false)
    await bench.pass(LOOK_LEASE_MS)
    expect((await bench.find(caller, taskId))?.mayLook).toBe(true)
  })

  test('a change of a team and a revocation hold over a start', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const changed = await bench.change(caller, { team: { name: 'New' }, key: { revokedAtMs: 1 } })
    await bench.reopen()
    expect(await bench.directory.findCaller(caller.key.hash)).toEqual(changed)
    expect(await bench.ledger.admit(bench.order(caller))).toEqual({ kind: 'stale' })
  })

  test('a ledger that is there answers', async () => {
    const bench = await openBench(open)
    await expect(bench.ledger.ping()).resolves.toBe(undefined)
  })
}
