// Part of the ledger's contract: every window and unit, for teams and keys.
import { expect, test } from 'vitest'
import type { Scope } from '../../src/ledger/counter.ts'
import { QUOTA_PERIODS, type QuotaPeriod, type QuotaUnit } from '../../src/teams/limits.ts'
import { openBench } from './open-bench.ts'
import { figuresOf, PRICE_MICROS, quota, type Open } from './open-ledger.ts'

const SCOPES: readonly Scope[] = ['team', 'key']
const UNITS: readonly QuotaUnit[] = ['tasks', 'usd']
/** Each window that lies around 2026-11-22T12:00Z in Berlin: its last moment, and the first one after it. */
const ENDS: Readonly<Record<Exclude<QuotaPeriod, 'total'>, [string, string]>> = {
  hour: ['2026-11-22T12:59:59.999Z', '2026-11-22T13:00:00Z'],
  day: ['2026-11-22T22:59:59.999Z', '2026-11-22T23:00:00Z'],
  week: ['2026-11-22T22:59:59.999Z', '2026-11-22T23:00:00Z'],
  month: ['2026-11-30T22:59:59.999Z', '2026-11-30T23:00:00Z']
}
const QUOTAS = SCOPES.flatMap(scope => QUOTA_PERIODS.flatMap(per => UNITS.map(unit => ({ scope, per, unit }))))
const BERLIN = { timeZone: 'Europe/Berlin' }

export function quotasContract (open: Open): void {
  test.each(QUOTAS)('a quota of the $scope of $unit per $per admits exactly its limit, until its window ends', async ({ scope, per, unit }) => {
    const limit = unit === 'tasks' ? 3 : 3 * PRICE_MICROS
    const bench = await openBench(open)
    const { team, key } = quota(scope, per, unit, limit)
    const caller = await bench.caller({ team: { ...BERLIN, ...team }, ...(key === undefined ? {} : { key }) })
    expect(await bench.admitMany(caller, 5)).toBe(3)

    const [last, next] = per === 'total' ? ['2036-11-22T12:00:00Z', undefined] : ENDS[per]
    bench.clock.set(last)
    const refused = await bench.ledger.admit(bench.order(caller))
    expect(refused).toMatchObject({ kind: 'exhausted', violated: [{ scope, unit, window: { per, endsAtMs: next === undefined ? null : Date.parse(next) }, limit, used: limit, held: limit }] })
    if (next === undefined) return

    bench.clock.set(next)
    expect((await bench.ledger.standing(caller)).standings.map(figuresOf)).toEqual([{ scope, per, unit, limit, used: 0, held: 0 }])
    expect(await bench.admitMany(caller, 5)).toBe(3)
  })

  test.each(QUOTAS)('what is given back of $unit per $per of the $scope can be used again, to the last', async ({ scope, per, unit }) => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota(scope, per, unit, unit === 'tasks' ? 2 : 2 * PRICE_MICROS))
    for (const end of ['refused', 'unsent'] as const) await bench.ledger.resolve(await bench.admit(caller), { kind: end })
    await bench.see((await bench.begin(caller)).ref, 'failed')
    await bench.observe((await bench.begin(caller)).ref, { kind: 'deleted', begun: false })
    await bench.ledger.resolve(await bench.admit(caller), { kind: 'unknown' })
    expect(await bench.admitMany(caller, 5)).toBe(1)
  })

  test('a budget that the price does not divide is used up to what still fits, and no further', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'usd', 1_250_000))
    expect(await bench.admitMany(caller, 9, { priceMicros: 500_000 })).toBe(2)
    expect(await bench.admitMany(caller, 9, { priceMicros: 100_000 })).toBe(2)
    expect(await bench.admitMany(caller, 9, { priceMicros: 50_000 })).toBe(1)
    expect(await bench.admitMany(caller, 9, { priceMicros: 1 })).toBe(0)
    expect(await bench.admitMany(caller, 2, { priceMicros: 0 })).toBe(2)
  })

  test('both levels hold, and all that stands in the way is named', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({
      team: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }, { per: 'month', unit: 'tasks', limit: 9 }, { per: 'total', unit: 'usd', limit: 1_400_000 }] } },
      key: { limits: { quotas: [{ per: 'hour', unit: 'usd', limit: 1_000_000 }] } }
    })
    expect(await bench.admitMany(caller, 9)).toBe(2)
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({
      kind: 'exhausted',
      violated: [
        { scope: 'team', unit: 'tasks', window: { per: 'day' }, used: 2 },
        { scope: 'team', unit: 'usd', window: { per: 'total' }, used: 1_000_000 },
        { scope: 'key', unit: 'usd', window: { per: 'hour' }, used: 1_000_000 }
      ]
    })
  })

  test('all keys of a team together use the team\'s quota', async () => {
    const bench = await openBench(open)
    const first = await bench.caller(quota('team', 'day', 'tasks', 3))
    const second = await bench.colleague(first)
    await bench.admit(first)
    await bench.admit(second)
    await bench.admit(first)
    expect(await bench.ledger.admit(bench.order(second))).toMatchObject({ kind: 'exhausted', violated: [{ scope: 'team', used: 3 }] })
  })

  test('a window is named by the team\'s own calendar, and the day of 25 hours is one day', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ team: { ...BERLIN, ...quota('team', 'day', 'tasks', 2).team } })
    bench.clock.set('2026-10-24T22:00:00Z')
    await bench.admit(caller)
    bench.clock.set('2026-10-25T22:59:59Z')
    await bench.admit(caller)
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ violated: [{ window: { label: '2026-10-25', endsAtMs: Date.parse('2026-10-25T23:00:00Z') } }] })
    bench.clock.set('2026-10-25T23:00:00Z')
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'admitted' })
  })

  test('a quota of a key belongs to its lineage: a rotated key has no fresh budget', async () => {
    const bench = await openBench(open)
    const limits = { tasksInFlight: 4, requestsPerMinute: 9, quotas: [{ per: 'total' as const, unit: 'tasks' as const, limit: 3 }] }
    const old = await bench.caller({ key: { limits } })
    const rotated = await bench.colleague(old, { limits, lineage: old.key.lineage })
    expect(rotated.key.id).not.toBe(old.key.id)
    await bench.admit(old)
    const second = await bench.admit(rotated)
    await bench.admit(old)
    for (const caller of [old, rotated]) {
      expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'exhausted', violated: [{ scope: 'key', used: 3 }] })
      const { standings, inFlight } = await bench.ledger.standing(caller)
      expect(standings.map(figuresOf)).toMatchObject([{ scope: 'key', per: 'total', used: 3 }, { scope: 'key', unit: 'requests', used: 3 }])
      expect(inFlight).toContainEqual({ scope: 'key', limit: 4, used: 3 })
    }
    await bench.ledger.resolve(second, { kind: 'refused' })
    expect(await bench.admitMany(old, 3)).toBe(1)
  })
}
