// The job that delivers: within its bounds, and to everybody although somebody never answers.
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { deliverWebhooks } from '../../src/jobs/deliver-webhooks.ts'
import { testAnnouncement } from '../../src/ledger/announcement.ts'
import { openCourier } from '../../src/webhooks/courier.ts'
import { REFUND_FAILED, benchOf } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { eventually } from '../support/eventually.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { silentLog } from '../support/silent-log.ts'
import { keptWebhook, toldTo } from '../support/webhooks.ts'

const AT_ONCE_TO_ONE = 16

test('a receiver that never answers is not in the way of the others, a stop waits for what is under way, and what was not begun is given back at once', async () => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const held: ServerResponse[] = []
  const silent = await startReceiver(response => { held.push(response) })
  const well = await startReceiver(answer(204, ''))
  onTestFinished(async () => { await Promise.all([silent.close(), well.close()]) })
  const [caller, other] = [await bench.caller(), await bench.caller()]
  const [stuck, fine] = [await keptWebhook(bench.outbox, caller, { url: silent.origin }), await keptWebhook(bench.outbox, other, { url: well.origin })]
  for (let message = 1; message <= 100; message++) await bench.outbox.tell(stuck, testAnnouncement(stuck, bench.clock.nowMs()))
  await bench.outbox.tell(fine, testAnnouncement(fine, bench.clock.nowMs()))

  const courier = openCourier({ allowHttp: true, allowCidrs: ['127.0.0.0/8'], clock: bench.clock })
  onTestFinished(() => courier.close())
  const job = deliverWebhooks({ outbox: bench.outbox, courier, clock: bench.clock, log: silentLog, leaseMs: 20_000 })
  await eventually(async () => (await toldTo(bench.outbox, fine))[0]?.state === 'delivered', 'the other receiver has its message')
  await eventually(() => held.length === AT_ONCE_TO_ONE, 'the silent receiver has as many as it may')
  let stopped = false
  const stopping = job.stop().then(() => { stopped = true })
  // The clock stands still: no lease ends by itself. One more round after the stop would have claimed them.
  const givenBack = new Set<string>()
  await eventually(async () => {
    for (const { delivery } of await bench.outbox.claimDeliveries(100, 20_000)) givenBack.add(delivery.id)
    return givenBack.size === 100 - AT_ONCE_TO_ONE
  }, 'another gateway is given what was not begun')
  expect(stopped).toBe(false)
  for (const response of held) response.writeHead(204).end()
  await stopping
  expect(silent.requests).toHaveLength(AT_ONCE_TO_ONE)
  expect((await toldTo(bench.outbox, stuck)).filter(({ state }) => state === 'delivered')).toHaveLength(AT_ONCE_TO_ONE)
})

test('what finds no place beside others of its webhook is sent when they have ended, and not when its lease ends', async () => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const receiver = await startReceiver(answer(204, ''))
  onTestFinished(() => receiver.close())
  const webhook = await keptWebhook(bench.outbox, await bench.caller(), { url: receiver.origin })
  for (let message = 1; message <= 4 * AT_ONCE_TO_ONE; message++) await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))

  const courier = openCourier({ allowHttp: true, allowCidrs: ['127.0.0.0/8'], clock: bench.clock })
  onTestFinished(() => courier.close())
  // The clock stands still: no lease ends by itself.
  const job = deliverWebhooks({ outbox: bench.outbox, courier, clock: bench.clock, log: silentLog, leaseMs: 20_000 })
  onTestFinished(() => job.stop())
  await eventually(async () => (await toldTo(bench.outbox, webhook)).every(({ state }) => state === 'delivered'), 'the receiver has all of them')
  expect(receiver.requests).toHaveLength(4 * AT_ONCE_TO_ONE)
})
