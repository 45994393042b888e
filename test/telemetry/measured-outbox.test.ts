// What is counted of deliveries: attempts and wishes, and not that a lease was given back.
import { expect, onTestFinished, test } from 'vitest'
import { testAnnouncement } from '../../src/ledger/announcement.ts'
import { measuredOutbox } from '../../src/telemetry/measured-outbox.ts'
import { openMetrics } from '../../src/telemetry/metrics.ts'
import { REFUND_FAILED, benchOf } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { keptWebhook } from '../support/webhooks.ts'

test('a delivery that is given back as it was counts nowhere', async () => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const metrics = openMetrics({ version: '0.0.0', ledger: 'sqlite' })
  const outbox = measuredOutbox(bench.outbox, metrics)
  const webhook = await keptWebhook(outbox, await bench.caller())
  await outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))
  for (const { delivery } of await outbox.claimDeliveries(10, 20_000)) expect(await outbox.replaceDelivery(delivery, delivery)).toBe(true)
  expect(await outbox.claimDeliveries(10, 20_000)).toHaveLength(1)
  expect((await metrics.deliveries.get()).values.filter(({ value }) => value !== 0)).toEqual([])
})
