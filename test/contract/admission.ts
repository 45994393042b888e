// Part of the ledger's contract: what may begin, and that a refusal leaves no trace.
import { expect, test } from 'vitest'
import type { Order } from '../../src/ledger/ledger.ts'
import { aCaller } from '../support/teams.ts'
import { openBench } from './open-bench.ts'
import { figuresOf, limiting, MODEL, PRICE_MICROS, quota, type Bench, type CallerSettings, type Open } from './open-ledger.ts'

const SCOPES = ['team', 'key'] as const
const HOUR_MS = 3_600_000

/** Everything that a caller could notice a difference in. */
async function everythingAbout (bench: Bench, { caller }: Order): Promise<unknown> {
  return {
    standing: await bench.ledger.standing(caller),
    tasks: await bench.tasks(caller.team.id),
    usage: await bench.usage({ team: caller.team.id, fromDay: '2026-01-01', toDay: '2026-12-31' })
  }
}

/** Callers who are refused, and as what. */
const REFUSED: ReadonlyArray<[string, CallerSettings]> = [
  ['exhausted', quota('team', 'day', 'tasks', 1)],
  ['exhausted', quota('key', 'total', 'usd', PRICE_MICROS)],
  ['rate-limited', limiting('team', { requestsPerMinute: 1 })],
  ['too-many-in-flight', limiting('key', { tasksInFlight: 1 })]
]

export function admissionContract (open: Open): void {
  test('an admitted task is in the ledger before anything is sent: owned, priced, held, and submitting', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const order = await bench.admit(caller)
    const nowMs = bench.clock.nowMs()
    expect(await bench.task(order)).toEqual({
      ref: order.ref,
      revision: 1,
      taskId: null,
      team: caller.team.id,
      keyId: caller.key.id,
      lineage: caller.key.lineage,
      model: MODEL,
      mode: 'live',
      state: 'submitting',
      money: 'held',
      priceMicros: PRICE_MICROS,
      fingerprint: order.fingerprint,
      trace: order.trace,
      credential: null,
      body: null,
      looksWithoutMedia: 0,
      deleting: null,
      counted: expect.arrayContaining([{ scope: 'team', owner: caller.team.id, per: 'day', label: '2026-11-22' }]),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      lookedAtMs: nowMs,
      submitDeadlineMs: order.submitDeadlineMs,
      misses: null,
      dueAtMs: order.submitDeadlineMs
    })
  })

  test('an admission tells where the limits stand, as anybody finds them who asks right afterwards', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({
      team: { limits: { requestsPerMinute: 9, quotas: [{ per: 'day', unit: 'tasks', limit: 9 }, { per: 'month', unit: 'usd', limit: 9_000_000 }] } },
      key: { limits: { requestsPerMinute: 8, quotas: [{ per: 'hour', unit: 'usd', limit: 8_000_000 }, { per: 'total', unit: 'tasks', limit: 8 }] } }
    })
    await bench.admit(caller)
    const admission = await bench.ledger.admit(bench.order(caller))
    const { standings } = await bench.ledger.standing(caller)
    expect(admission).toEqual({ kind: 'admitted', standings })
    expect(standings.map(figuresOf)).toEqual([
      { scope: 'team', per: 'day', unit: 'tasks', limit: 9, used: 2, held: 2 },
      { scope: 'team', per: 'month', unit: 'usd', limit: 9_000_000, used: 1_000_000, held: 1_000_000 },
      { scope: 'team', per: 'minute', unit: 'requests', limit: 9, used: 2, held: 0 },
      { scope: 'key', per: 'hour', unit: 'usd', limit: 8_000_000, used: 1_000_000, held: 1_000_000 },
      { scope: 'key', per: 'total', unit: 'tasks', limit: 8, used: 2, held: 2 },
      { scope: 'key', per: 'minute', unit: 'requests', limit: 8, used: 2, held: 0 }
    ])
  })

  test.each(REFUSED)('a create that is %s changes nothing, however often it is tried', async (kind, settings) => {
    const bench = await openBench(open)
    const order = bench.order(await bench.caller(settings))
    await bench.ledger.admit(order)
    const before = await everythingAbout(bench, order)
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(await bench.ledger.admit(bench.order(order.caller))).toMatchObject({ kind })
    }
    expect(await everythingAbout(bench, order)).toEqual(before)
  })

  test('a refusal tells where all the limits stand', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ ...quota('team', 'day', 'tasks', 1), ...quota('key', 'month', 'tasks', 5) })
    await bench.admit(caller)
    const { standings } = await bench.ledger.standing(caller)
    const refused = await bench.ledger.admit(bench.order(caller))
    expect(refused).toMatchObject({ kind: 'exhausted', violated: [{ scope: 'team', used: 1 }], standings })
    expect(standings.map(figuresOf)).toMatchObject([{ scope: 'team', used: 1, limit: 1 }, { scope: 'key', used: 1, limit: 5 }])
  })

  test.each([['admitted', {}], ...REFUSED] as ReadonlyArray<[string, CallerSettings]>)('a preview of a create that would be %s says the same as the create, and changes nothing', async (kind, settings) => {
    const bench = await openBench(open)
    const caller = await bench.caller(settings)
    await bench.admit(caller)
    const order = bench.order(caller)
    const before = await everythingAbout(bench, order)
    const preview = await bench.ledger.preview(order)
    expect(preview).toMatchObject({ kind })
    expect(await everythingAbout(bench, order)).toEqual(before)
    expect(await bench.ledger.admit(order)).toEqual(preview)
  })

  test.each(SCOPES)('of two hundred creates at once, exactly as many are admitted as the quota of the %s allows', async scope => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota(scope, 'day', 'tasks', 50))
    expect(await bench.admitMany(caller, 200)).toBe(50)
    expect(await bench.tasks(caller.team.id)).toHaveLength(50)
  })

  test('of many creates of many keys at once, each key and their team stay within their limits', async () => {
    const bench = await openBench(open)
    const first = await bench.caller({ ...quota('team', 'day', 'tasks', 25), ...quota('key', 'day', 'tasks', 10) })
    const callers = [first, await bench.colleague(first, { limits: first.key.limits }), await bench.colleague(first, { limits: first.key.limits })]
    const admitted = await Promise.all(callers.map(caller => bench.admitMany(caller, 40)))
    expect(admitted.reduce((sum, count) => sum + count, 0)).toBe(25)
    expect(Math.max(...admitted)).toBeLessThanOrEqual(10)
  })

  test.each(SCOPES)('a %s has no more unfinished tasks than it may, and every end of one makes room for one', async scope => {
    const bench = await openBench(open)
    const caller = await bench.caller(limiting(scope, { tasksInFlight: 2 }))
    for (const end of ['refused', 'unsent', 'unknown'] as const) {
      const order = await bench.admit(caller)
      await bench.admit(caller).then(other => bench.ledger.resolve(other, { kind: 'unsent' }))
      await bench.ledger.resolve(order, { kind: end })
    }
    for (const end of ['completed', 'failed'] as const) await bench.see((await bench.begin(caller)).ref, end)
    await bench.observe((await bench.begin(caller)).ref, { kind: 'deleted', begun: false })
    const first = await bench.begin(caller)
    await bench.see(first.ref, 'processing')
    await bench.admit(caller)

    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'too-many-in-flight', violated: [{ scope, limit: 2, used: 2 }] })
    await bench.see(first.ref, 'completed')
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'admitted' })
  })

  test('a task that waits for two limits is told of both', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ ...limiting('team', { tasksInFlight: 1 }), ...limiting('key', { tasksInFlight: 1 }) })
    await bench.admit(caller)
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'too-many-in-flight', violated: [{ scope: 'team' }, { scope: 'key' }] })
  })

  test.each(SCOPES)('a %s begins no more creates a minute than it may; a refund gives none back, and the next minute opens', async scope => {
    const bench = await openBench(open)
    const caller = await bench.caller(limiting(scope, { requestsPerMinute: 3 }))
    bench.clock.set('2026-11-22T12:00:01Z')
    for (const end of ['refused', 'unsent'] as const) await bench.ledger.resolve(await bench.admit(caller), { kind: end })
    await bench.see((await bench.begin(caller)).ref, 'failed')
    bench.clock.set('2026-11-22T12:00:59.999Z')
    expect(await bench.ledger.admit(bench.order(caller))).toMatchObject({ kind: 'rate-limited', violated: [{ scope, unit: 'requests', limit: 3, used: 3 }] })
    bench.clock.set('2026-11-22T12:01:00Z')
    expect(await bench.admitMany(caller, 10)).toBe(3)
  })

  test('a clock that is set back keeps nobody waiting for the minutes that it showed before', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller({ ...limiting('team', { requestsPerMinute: 3 }), ...limiting('key', { requestsPerMinute: 3 }) })
    for (const backMs of [0, HOUR_MS, 24 * HOUR_MS]) {
      await bench.pass(-backMs)
      expect(await bench.admitMany(caller, 10)).toBe(3)
      await bench.pass(60_000)
      expect(await bench.admitMany(caller, 10)).toBe(3)
    }
  })

  test('orders of the end of a minute that come after those of the next one open none of them anew', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(limiting('key', { requestsPerMinute: 2 }))
    bench.clock.set('2026-11-22T12:00:59.999Z')
    const late = bench.order(caller)
    await bench.pass(1)
    await bench.admit(caller)
    expect((await bench.ledger.admit(late)).kind).toBe('admitted')
    await bench.ledger.admit(bench.order(caller))
    expect((await bench.ledger.admit(bench.order(caller))).kind).toBe('rate-limited')
  })

  test('what one team uses does not count for another, nor what one key uses for another key', async () => {
    const bench = await openBench(open)
    const settings = { ...limiting('team', { tasksInFlight: 3, requestsPerMinute: 3, quotas: [{ per: 'total', unit: 'tasks', limit: 3 }] }), ...quota('key', 'total', 'tasks', 2) }
    const first = await bench.caller(settings)
    const stranger = await bench.caller(settings)
    const second = await bench.colleague(first, { limits: first.key.limits })
    expect(await bench.admitMany(first, 5)).toBe(2)
    expect(await bench.admitMany(second, 5)).toBe(1)
    expect(await bench.admitMany(stranger, 5)).toBe(2)
  })

  test.each([
    ['of an unknown team', async (bench: Bench) => bench.order(aCaller())],
    ['of an unknown key', async (bench: Bench) => bench.order({ ...await bench.caller(), key: aCaller().key })]
  ])('an order %s is not admitted', async (_what, make) => {
    const bench = await openBench(open)
    const order = await make(bench)
    expect(await bench.ledger.admit(order)).toEqual({ kind: 'stale' })
    expect(await bench.tasks(order.caller.team.id)).toEqual([])
  })
}
