// The outbox as rows: what was kept long enough is removed, and leases do not outlive the process.
import { expect, test } from 'vitest'
import { testAnnouncement } from '../../../src/ledger/announcement.ts'
import { afterAttempt, DEAD_KEPT_MS, DELIVERED_KEPT_MS, type Attempt } from '../../../src/ledger/delivery.ts'
import { keptWebhook, toldTo } from '../../support/webhooks.ts'
import { openSqliteBench } from './open-sqlite-bench.ts'

const LEASE_MS = 20_000
const HOUR_MS = 3_600_000

test('delivered messages are kept for a day, dead ones for thirty, and those that wait for ever', async () => {
  const { bench } = await openSqliteBench()
  const webhook = await keptWebhook(bench.outbox, await bench.caller())
  const ends: Attempt[] = [{ kind: 'delivered', status: 204 }, { kind: 'failed', status: 404, error: 'status 404', retryAtMs: null }, { kind: 'failed', status: 404, error: 'status 404', retryAtMs: bench.clock.nowMs() + 1 }]
  for (const end of ends) {
    const told = await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))
    await bench.outbox.replaceDelivery(told, afterAttempt(told, end, bench.clock.nowMs()))
  }
  const left = async (): Promise<string[]> => {
    await bench.outbox.prune()
    return (await toldTo(bench.outbox, webhook)).map(({ state }) => state)
  }
  expect(await left()).toEqual(['delivered', 'dead', 'pending'])
  await bench.pass(DELIVERED_KEPT_MS - 1)
  expect(await left()).toEqual(['delivered', 'dead', 'pending'])
  await bench.pass(1)
  expect(await left()).toEqual(['dead', 'pending'])
  await bench.pass(DEAD_KEPT_MS - DELIVERED_KEPT_MS)
  expect(await left()).toEqual(['pending'])
  await bench.pass(400 * 24 * HOUR_MS)
  expect(await left()).toEqual(['pending'])
})

test('however many have been kept long enough, few are removed at a time', async () => {
  const { bench } = await openSqliteBench()
  const webhook = await keptWebhook(bench.outbox, await bench.caller())
  for (let message = 1; message <= 1100; message++) {
    const told = await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))
    await bench.outbox.replaceDelivery(told, afterAttempt(told, { kind: 'delivered', status: 204 }, bench.clock.nowMs()))
  }
  await bench.pass(DELIVERED_KEPT_MS)
  const left: number[] = []
  for (let call = 1; call <= 2; call++) {
    await bench.outbox.prune()
    left.push((await toldTo(bench.outbox, webhook)).length)
  }
  expect(left).toEqual([100, 0])
})

test('a webhook goes with all of its messages, a few of them at a time', async () => {
  const { bench } = await openSqliteBench()
  const webhook = await keptWebhook(bench.outbox, await bench.caller())
  for (let message = 1; message <= 2100; message++) await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))
  const removing = bench.outbox.removeWebhook(webhook)
  // The first step was taken at once, and others have their turn before the second.
  expect(await bench.outbox.countPending()).toBe(1100)
  expect(await removing).toBe(true)
  expect(await bench.outbox.countPending()).toBe(0)
  expect(await bench.outbox.readWebhook(webhook.team, webhook.id)).toBe(undefined)
  expect(await bench.outbox.removeWebhook(webhook)).toBe(false)
})

test('what a process had claimed is due at the next start, which nobody shares the file with', async () => {
  const { bench } = await openSqliteBench()
  const webhook = await keptWebhook(bench.outbox, await bench.caller())
  const told = await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))
  expect(await bench.outbox.claimDeliveries(1, LEASE_MS)).toHaveLength(1)
  expect(await bench.outbox.claimDeliveries(1, LEASE_MS)).toEqual([])
  await bench.reopen()
  expect((await bench.outbox.claimDeliveries(1, LEASE_MS)).map(({ delivery }) => delivery.id)).toEqual([told.id])
})
