// Part of the ledger's contract: a team is told when an admission takes one of its windows to 80 or 100 percent, once for each time.
import { expect, test } from 'vitest'
import type { Webhook } from '../../src/teams/webhook.ts'
import { aKey } from '../support/teams.ts'
import { keptWebhook, payloadsOf, toldTo } from '../support/webhooks.ts'
import { openBench } from './open-bench.ts'
import { quota, type Bench, type Open } from './open-ledger.ts'

/** The percentages that a webhook was told, the first first. */
async function percents (bench: Bench, webhook: Webhook): Promise<number[]> {
  return payloadsOf(await toldTo(bench.outbox, webhook)).map(({ data }) => data.percent)
}

const WINDOWS = [
  { scope: 'team', per: 'day', unit: 'tasks', limit: 10, shown: 10, resetsAt: '2026-11-23T00:00:00+00:00' },
  { scope: 'key', per: 'hour', unit: 'tasks', limit: 10, shown: 10, resetsAt: '2026-11-22T13:00:00+00:00' },
  { scope: 'team', per: 'month', unit: 'usd', limit: 5_000_000, shown: '5.00', resetsAt: '2026-12-01T00:00:00+00:00' },
  { scope: 'key', per: 'total', unit: 'usd', limit: 5_000_000, shown: '5.00', resetsAt: null }
] as const

export function thresholdsContract (open: Open): void {
  test.each(WINDOWS)('$unit per $per of a $scope: 80 and 100 percent are each told once, by the admission that reaches them', async ({ scope, per, unit, limit, shown, resetsAt }) => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota(scope, per, unit, limit))
    const webhook = await keptWebhook(bench.outbox, caller, { events: ['quota.threshold'] })
    const told: number[][] = []
    for (let task = 1; task <= 10; task++) {
      await bench.admit(caller)
      told.push(await percents(bench, webhook))
    }
    expect((await bench.ledger.admit(bench.order(caller))).kind).toBe('exhausted')
    expect(told.slice(0, 7)).toEqual(Array.from({ length: 7 }, () => []))
    expect(told.slice(7)).toEqual([[80], [80], [80, 100]])
    expect(payloadsOf(await toldTo(bench.outbox, webhook))).toEqual([80, 100].map(percent => ({
      type: 'quota.threshold',
      timestamp: '2026-11-22T12:00:00.000Z',
      data: { team: caller.team.id, scope, ...scope === 'key' ? { key_id: caller.key.id } : {}, per, unit, limit: shown, resets_at: resetsAt, percent }
    })))
  })

  test('what test keys do is told as that', async () => {
    const bench = await openBench(open)
    const { team } = await bench.caller(quota('team', 'day', 'tasks', 1))
    const tester = await bench.colleague({ team, key: aKey(team) }, { mode: 'test' })
    const webhook = await keptWebhook(bench.outbox, tester)
    await bench.see((await bench.begin(tester)).ref, 'completed')
    expect(payloadsOf(await toldTo(bench.outbox, webhook)).map(({ type, data }) => [type, data.mode])).toEqual([['quota.threshold', 'test'], ['quota.threshold', 'test'], ['task.completed', 'test']])
  })

  test('fifty admissions at once tell each mark once', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 30))
    const webhook = await keptWebhook(bench.outbox, caller)
    expect(await bench.admitMany(caller, 50)).toBe(30)
    expect((await percents(bench, webhook)).toSorted((a, b) => a - b)).toEqual([80, 100])
  })

  test('what was given back and is used again is told again, under another id', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 5))
    const webhook = await keptWebhook(bench.outbox, caller, { events: ['quota.threshold'] })
    for (let task = 1; task <= 3; task++) await bench.admit(caller)
    for (let time = 1; time <= 2; time++) await bench.see((await bench.begin(caller)).ref, 'failed')
    const told = await toldTo(bench.outbox, webhook)
    expect(told.map(({ type }) => type)).toEqual(['quota.threshold', 'quota.threshold'])
    expect(new Set(told.map(({ id }) => id)).size).toBe(2)
  })

  test('one admission that reaches both marks, of two accounts, tells all four', async () => {
    const bench = await openBench(open)
    const limits = { limits: { quotas: [{ per: 'day' as const, unit: 'tasks' as const, limit: 1 }] } }
    const caller = await bench.caller({ team: limits, key: limits })
    const webhook = await keptWebhook(bench.outbox, caller)
    await bench.admit(caller)
    expect(payloadsOf(await toldTo(bench.outbox, webhook)).map(({ data }) => [data.scope, data.percent])).toEqual([['team', 80], ['team', 100], ['key', 80], ['key', 100]])
  })

  test('neither a preview, nor a refusal, nor a repetition, nor an order that is taken back tells anything', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 2))
    const webhook = await keptWebhook(bench.outbox, caller, { events: ['quota.threshold'] })
    await bench.ledger.resolve(bench.order(caller), { kind: 'unsent' })
    await bench.admit(caller, { idempotencyKey: 'one', prompt: 'a cat' })
    await bench.ledger.preview(bench.order(caller))
    await bench.ledger.admit(bench.order(caller, { idempotencyKey: 'one', prompt: 'a cat' }))
    expect(await percents(bench, webhook)).toEqual([])
    await bench.admit(caller)
    await bench.ledger.admit(bench.order(caller))
    expect(await percents(bench, webhook)).toEqual([80, 100])
  })

  test('a limit that eighty percent of is no whole number is told when it is reached, and no sooner', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller(quota('team', 'day', 'tasks', 7))
    const webhook = await keptWebhook(bench.outbox, caller)
    await bench.admitMany(caller, 5)
    expect(await percents(bench, webhook)).toEqual([])
    await bench.admit(caller)
    expect(await percents(bench, webhook)).toEqual([80])
  })
}
