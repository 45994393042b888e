// Part of the ledger's contract: what an admin changes holds for the very next create and read, and opens no fresh budget.
import { expect, test } from 'vitest'
import type { Scope } from '../../src/ledger/counter.ts'
import { isActive } from '../../src/teams/directory.ts'
import { present } from '../support/present.ts'
import { openBench } from './open-bench.ts'
import { figuresOf, PRICE_MICROS, quota, type CallerSettings, type Open } from './open-ledger.ts'

const SCOPES: readonly Scope[] = ['team', 'key']
const CHANGES: ReadonlyArray<[string, CallerSettings, boolean]> = [
  ['the team was renamed', { team: { name: 'New' } }, true],
  ['the team\'s limits were changed', quota('team', 'day', 'tasks', 5), true],
  ['the team\'s policy was changed', { team: { policy: { models: [] } } }, true],
  ['the team was disabled', { team: { disabled: true } }, false],
  ['the key was relabelled', { key: { label: 'New' } }, true],
  ['the key\'s limits were changed', quota('key', 'day', 'tasks', 5), true],
  ['the key expires now', { key: { expiresAtMs: 0 } }, false],
  ['the key was revoked', { key: { revokedAtMs: 1 } }, false]
]

export function changesContract (open: Open): void {
  test.each(CHANGES)('when %s, a create or a read with the caller as it was is stale, and the caller can be read again', async (_what, settings, active) => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { taskId } = await bench.begin(caller)
    const changed = await bench.change(caller, settings)
    expect(await bench.ledger.find(caller, taskId)).toEqual({ kind: 'stale' })
    for (const step of ['admit', 'preview'] as const) expect(await bench.ledger[step](bench.order(caller))).toEqual({ kind: 'stale' })
    expect(await bench.tasks(caller.team.id)).toHaveLength(1)

    const reread = present(await bench.directory.findCaller(caller.key.hash))
    expect(reread).toEqual(changed)
    expect(isActive(reread, bench.clock.nowMs())).toBe(active)
    expect(await bench.ledger.find(reread, taskId)).toMatchObject({ kind: 'found' })
    if (active) expect(await bench.ledger.admit(bench.order(reread))).toMatchObject({ kind: 'admitted' })
  })

  test('a change of one key or team leaves the others as they were', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const colleague = await bench.colleague(caller)
    const stranger = await bench.caller()
    await bench.change(caller, { key: { revokedAtMs: 1 } })
    expect(await bench.ledger.admit(bench.order(colleague))).toMatchObject({ kind: 'admitted' })
    await bench.change(stranger, { team: { disabled: true } })
    expect(await bench.ledger.admit(bench.order(colleague))).toMatchObject({ kind: 'admitted' })
  })

  test('a task of a key that was revoked and a team that was disabled still settles', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { ref, order } = await bench.begin(caller)
    await bench.change(caller, { team: { disabled: true }, key: { revokedAtMs: 1 } })
    await bench.see(ref, 'failed')
    expect(await bench.task(order)).toMatchObject({ state: 'failed', money: 'refunded' })
  })

  test.each(SCOPES.flatMap(scope => (['day', 'month', 'total'] as const).flatMap(per => (['tasks', 'usd'] as const).map(unit => ({ scope, per, unit })))))('a limit of $unit per $per that the $scope gets in the middle counts what was used before it', async ({ scope, per, unit }) => {
    const amount = unit === 'tasks' ? 1 : PRICE_MICROS
    const bench = await openBench(open)
    const free = await bench.caller()
    await bench.begin(free)
    await bench.see((await bench.begin(free)).ref, 'completed')
    await bench.see((await bench.begin(free)).ref, 'failed')

    const limited = await bench.change(free, quota(scope, per, unit, 3 * amount))
    expect((await bench.ledger.standing(limited)).standings.map(figuresOf)).toEqual([{ scope, per, unit, limit: 3 * amount, used: 2 * amount, held: amount }])
    expect(await bench.admitMany(limited, 5)).toBe(1)
  })

  test.each(SCOPES)('tasks in flight and requests of the minute that the %s gets limits for in the middle count what is there', async scope => {
    const bench = await openBench(open)
    const free = await bench.caller()
    await bench.admit(free)
    await bench.admit(free)
    const limited = await bench.change(free, { [scope]: { limits: { tasksInFlight: 2, quotas: [] } } })
    expect(await bench.ledger.admit(bench.order(limited))).toMatchObject({ kind: 'too-many-in-flight', violated: [{ scope, used: 2 }] })
    const slower = await bench.change(limited, { [scope]: { limits: { requestsPerMinute: 2, quotas: [] } } })
    expect(await bench.ledger.admit(bench.order(slower))).toMatchObject({ kind: 'rate-limited', violated: [{ scope, used: 2 }] })
  })

  test('a limit lowered below what is used refuses, and one raised admits the difference', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 5))
    await bench.admitMany(caller, 4)
    const lowered = await bench.change(caller, quota('team', 'day', 'tasks', 2))
    expect(await bench.ledger.admit(bench.order(lowered))).toMatchObject({ kind: 'exhausted', violated: [{ limit: 2, used: 4 }] })
    const raised = await bench.change(lowered, quota('team', 'day', 'tasks', 6))
    expect(await bench.admitMany(raised, 9)).toBe(2)
    const unlimited = await bench.change(raised, { team: { limits: { quotas: [] } } })
    expect(await bench.admitMany(unlimited, 9)).toBe(9)
  })

  test('a changed time zone opens no fresh budget: each day of the calendar has one, whatever zone it was used in', async () => {
    const bench = await openBench(open)
    const limits = { limits: { quotas: [{ per: 'day' as const, unit: 'tasks' as const, limit: 2 }] } }
    // In UTC it is still the 22nd, in Auckland already the 23rd.
    let caller = await bench.caller({ team: { ...limits, timeZone: 'UTC' } })
    const use = { utc: 0, auckland: 0 }
    for (let round = 1; round <= 4; round++) {
      use.utc += await bench.admitMany(caller, 3)
      caller = await bench.change(caller, { team: { timeZone: 'Pacific/Auckland' } })
      use.auckland += await bench.admitMany(caller, 3)
      caller = await bench.change(caller, { team: { timeZone: 'UTC' } })
    }
    expect(use).toEqual({ utc: 2, auckland: 2 })

    bench.clock.set('2026-11-23T12:00:00Z')
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'exhausted', violated: [{ window: { label: '2026-11-23' }, used: 2 }] })
  })

  test('a refund finds the counters of its admission in a changed time zone, and a month later', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ ...quota('team', 'total', 'tasks', 9), ...quota('key', 'day', 'tasks', 9) })
    const { ref } = await bench.begin(caller)
    const moved = await bench.change(caller, { team: { timeZone: 'Pacific/Auckland' } })
    bench.clock.set('2026-12-24T12:00:00Z')
    await bench.admit(moved)
    await bench.see(ref, 'failed')
    expect((await bench.ledger.standing(moved)).standings.map(figuresOf)).toMatchObject([
      { scope: 'team', per: 'total', used: 1, held: 1 },
      { scope: 'key', per: 'day', used: 1, held: 1 }
    ])
    bench.clock.set('2026-11-22T12:00:00Z')
    const back = await bench.change(moved, { team: { timeZone: 'UTC' } })
    expect((await bench.ledger.standing(back)).standings.map(figuresOf)).toMatchObject([{ per: 'total', used: 1 }, { per: 'day', used: 0, held: 0 }])
  })
}
