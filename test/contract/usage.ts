// Part of the ledger's contract: the daily report for charge-back.
import { expect, test } from 'vitest'
import { openBench } from './open-bench.ts'
import { PRICE_MICROS, type Open } from './open-ledger.ts'

const YEAR = { fromDay: '2026-01-01', toDay: '2026-12-31' }

export function usageContract (open: Open): void {
  test('a row is what one key lineage of one team used of one model on one day', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const colleague = await bench.colleague(caller)
    await bench.begin(caller)
    await bench.see((await bench.begin(caller)).ref, 'completed')
    await bench.begin(caller, { model: 'other/model', priceMicros: 7 })
    await bench.begin(colleague)
    const rows = await bench.usage({ team: caller.team.id, ...YEAR })
    const row = { day: '2026-11-22', team: caller.team.id, completed: 0, failed: 0, unknown: 0, spentMicros: 0, heldMicros: PRICE_MICROS, refundedMicros: 0, tasks: 1 }
    expect(rows).toHaveLength(3)
    expect(rows).toContainEqual({ ...row, lineage: caller.key.id, model: 'alibaba/wan2.2-t2v-plus', tasks: 2, completed: 1, spentMicros: PRICE_MICROS })
    expect(rows).toContainEqual({ ...row, lineage: caller.key.id, model: 'other/model', heldMicros: 7 })
    expect(rows).toContainEqual({ ...row, lineage: colleague.key.id, model: 'alibaba/wan2.2-t2v-plus' })
  })

  test('a rotated key is reported with its lineage', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    await bench.begin(caller)
    await bench.begin(await bench.colleague(caller, { lineage: caller.key.lineage }))
    expect(await bench.usage({ team: caller.team.id, ...YEAR })).toMatchObject([{ lineage: caller.key.id, tasks: 2 }])
  })

  test('a task is reported on its team\'s local day of admission, whenever it settles', async () => {
    const bench = await openBench(open)
    bench.clock.set('2026-11-22T11:30:00Z')
    const zones = { UTC: '2026-11-22', 'Pacific/Auckland': '2026-11-23', 'Pacific/Pago_Pago': '2026-11-22' }
    const begun = await Promise.all(Object.keys(zones).map(async timeZone => bench.begin(await bench.caller({ team: { timeZone } }))))
    bench.clock.set('2026-11-29T12:00:00Z')
    for (const { ref } of begun) await bench.see(ref, 'completed')
    const days = await Promise.all(begun.map(async ({ order }) => (await bench.usage({ team: order.caller.team.id, ...YEAR })).map(({ day, completed }) => [day, completed])))
    expect(days).toEqual(Object.values(zones).map(day => [[day, 1]]))
  })

  test('both ends of the range are in it, days come in order, and no other day comes', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    for (const day of ['25', '21', '24', '22', '23']) {
      bench.clock.set(`2026-11-${day}T12:00:00Z`)
      await bench.begin(caller)
    }
    const days = async (fromDay: string, toDay: string): Promise<string[]> => (await bench.usage({ team: caller.team.id, fromDay, toDay })).map(({ day }) => day)
    expect(await days('2026-11-22', '2026-11-24')).toEqual(['2026-11-22', '2026-11-23', '2026-11-24'])
    expect(await days('2026-11-25', '2026-11-25')).toEqual(['2026-11-25'])
    expect(await days('2026-11-26', '2026-11-30')).toEqual([])
    expect(await days('2026-11-24', '2026-11-22')).toEqual([])
  })

  test('without a team all teams are reported, day by day', async () => {
    const bench = await openBench(open)
    const callers = [await bench.caller(), await bench.caller()]
    for (const day of ['23', '22']) {
      bench.clock.set(`2026-11-${day}T12:00:00Z`)
      for (const caller of callers) await bench.begin(caller)
    }
    const rows = await bench.usage(YEAR)
    expect(rows.map(({ day }) => day)).toEqual(['2026-11-22', '2026-11-22', '2026-11-23', '2026-11-23'])
    expect(new Set(rows.map(({ team }) => team))).toEqual(new Set(callers.map(({ team }) => team.id)))
  })

  test('a long report is whole, however many rows it has', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const models = Array.from({ length: 1101 }, (_, number) => `vendor/model-${number}`)
    for (const model of models) await bench.admit(caller, { model })
    const rows = await bench.usage({ team: caller.team.id, ...YEAR })
    expect(rows.map(({ model }) => model).sort()).toEqual([...models].sort())
  })

  test('what test keys began is reported apart, on the same days', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const tester = await bench.colleague(caller, { mode: 'test' })
    await bench.begin(caller)
    await bench.begin(tester, { priceMicros: 0 })
    const team = caller.team.id
    expect(await bench.usage({ team, ...YEAR })).toMatchObject([{ team, lineage: caller.key.id, tasks: 1, heldMicros: PRICE_MICROS }])
    expect(await bench.usage({ team, mode: 'test', ...YEAR })).toMatchObject([{ team, lineage: tester.key.id, tasks: 1, heldMicros: 0 }])
    expect(await bench.usage(YEAR)).toHaveLength(1)
    expect(await bench.usage({ mode: 'test', ...YEAR })).toHaveLength(1)
  })
}
