// Part of the ledger's contract: a message is carried to a real receiver until it has arrived, or there is no hope.
import { expect, onTestFinished, test } from 'vitest'
import type { Log } from '../../src/kernel/log.ts'
import { deliverWebhook } from '../../src/flows/deliver-webhook.ts'
import { askedAgain, type Delivery } from '../../src/ledger/delivery.ts'
import type { Webhook } from '../../src/teams/webhook.ts'
import { openCourier } from '../../src/webhooks/courier.ts'
import { answer, startReceiver, verified, type Receiver } from '../support/receiver.ts'
import { closedPort } from '../support/raw-http.ts'
import { present } from '../support/present.ts'
import { keptWebhook, toldTo } from '../support/webhooks.ts'
import { openBench } from './open-bench.ts'
import type { Bench, Open } from './open-ledger.ts'

const LEASE_MS = 20_000
const DEADLINE_MS = 300
/** Longer than any pause of the schedule. */
const TWO_DAYS_MS = 2 * 86_400_000

/** A store, a receiver, and a webhook that was told of a task that completed. */
async function openScene (open: Open, settings: Partial<Webhook> = {}) {
  const bench = await openBench(open)
  const receiver = await startReceiver(answer(204, ''))
  onTestFinished(() => receiver.close())
  const caller = await bench.caller()
  const webhook = await keptWebhook(bench.outbox, caller, { url: `${receiver.origin}/hooks?token=url-canary`, ...settings })
  await bench.see((await bench.begin(caller)).ref, 'completed')
  const courier = openCourier({ allowHttp: true, allowCidrs: ['127.0.0.0/8'], clock: bench.clock, deadlineMs: DEADLINE_MS })
  onTestFinished(() => courier.close())
  const lines: (object & { msg: string })[] = []
  const note = (facts: object, msg: string): void => { lines.push({ ...facts, msg }) }
  const log: Log = { debug: note, info: note, warn: note, error: note, record: note }

  return {
    bench,
    receiver,
    webhook,
    lines,
    /** Makes the attempts that are due. @returns the delivery afterwards */
    async deliver (): Promise<Delivery> {
      for (const claimed of await bench.outbox.claimDeliveries(10, LEASE_MS)) await deliverWebhook({ outbox: bench.outbox, courier, clock: bench.clock, log }, claimed)
      return present((await toldTo(bench.outbox, webhook)).at(-1))
    }
  }
}

/** Points a webhook elsewhere. */
async function pointTo (bench: Bench, { team, id }: Webhook, origin: string): Promise<void> {
  const webhook = present(await bench.outbox.readWebhook(team, id))
  expect(await bench.outbox.replaceWebhook({ ...webhook, url: `${origin}/hooks`, version: webhook.version + 1 })).toBe(true)
}

/** What a receiver got of a message: all that must be the same in every attempt. */
function sameness ({ requests }: Receiver): Set<string> {
  return new Set(requests.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`))
}

export function deliveriesContract (open: Open): void {
  test('a receiver that is down, then slow, then answers 500, then 200 gets one message once, under one id, in the same words, signed each time', async () => {
    const { bench, receiver, webhook, deliver, lines } = await openScene(open)
    const told = present((await toldTo(bench.outbox, webhook))[0])
    await pointTo(bench, webhook, `http://127.0.0.1:${await closedPort()}`)
    expect(await deliver()).toMatchObject({ state: 'pending', attempts: 1, lastStatus: null, lastError: 'ECONNREFUSED' })

    await pointTo(bench, webhook, receiver.origin)
    receiver.script = () => {}
    await bench.pass(6000)
    expect(await deliver()).toMatchObject({ state: 'pending', attempts: 2, lastStatus: null, lastError: 'DEADLINE' })

    receiver.script = answer(500, 'out of order')
    await bench.pass(360_000)
    expect(await deliver()).toMatchObject({ state: 'pending', attempts: 3, lastStatus: 500, lastError: 'status 500' })

    receiver.script = answer(200, 'thanks')
    await bench.pass(2_160_000)
    expect(await deliver()).toMatchObject({ state: 'delivered', attempts: 4, lastStatus: 200, lastError: null })
    await bench.pass(TWO_DAYS_MS)
    await deliver()

    expect(receiver.requests).toHaveLength(3)
    expect(sameness(receiver)).toEqual(new Set([`${told.id} ${told.payload}`]))
    const nowMs = bench.clock.nowMs() - TWO_DAYS_MS
    expect(verified(present(receiver.requests.at(-1)), webhook.secret.reveal(), nowMs)).toEqual(JSON.parse(told.payload))
    expect(verified(present(receiver.requests[0]), webhook.secret.reveal(), nowMs - 360_000 - 2_160_000)).toEqual(JSON.parse(told.payload))
    expect(lines.map(({ msg }) => msg)).toEqual(['webhook failed', 'webhook failed', 'webhook failed', 'webhook delivered'])
    expect(JSON.stringify(lines)).not.toMatch(/url-canary|whsec_/)
  })

  test('what is never taken is given up after ten attempts over three days, and is delivered when it is asked for again', async () => {
    const { bench, receiver, webhook, deliver, lines } = await openScene(open)
    receiver.script = answer(404, 'not here')
    let attempts = 0
    while ((await deliver()).state === 'pending') {
      attempts++
      await bench.pass(TWO_DAYS_MS)
    }
    expect(attempts + 1).toBe(10)
    expect(receiver.requests).toHaveLength(10)
    expect(lines.at(-1)).toMatchObject({ msg: 'webhook dead', webhook: webhook.id, attempts: 10, status: 404 })
    const { rows: [dead] } = await bench.outbox.listDeliveries(webhook, { state: 'dead', limit: 10, cursor: null })

    receiver.script = answer(204, '')
    const delivery = present(dead)
    expect(await bench.outbox.replaceDelivery(delivery, askedAgain(delivery, bench.clock.nowMs()))).toBe(true)
    expect(await deliver()).toMatchObject({ state: 'delivered', attempts: 11 })
    expect(sameness(receiver).size).toBe(1)
  })

  test('410 disables the webhook, and what is still waiting for it is given up unsent', async () => {
    const { bench, receiver, webhook, deliver, lines } = await openScene(open)
    receiver.script = answer(410, 'gone')
    expect(await deliver()).toMatchObject({ state: 'dead', attempts: 1, lastStatus: 410, lastError: 'GONE' })
    expect(await bench.outbox.readWebhook(webhook.team, webhook.id)).toMatchObject({ enabled: false, version: 2 })
    expect(lines.map(({ msg }) => msg)).toEqual(['webhook disabled', 'webhook dead'])

    await bench.outbox.tell(webhook, { id: `${present((await toldTo(bench.outbox, webhook))[0]).id}_again` as Delivery['id'], team: webhook.team, type: 'task.failed', atMs: 1, payload: '{}' })
    expect(await deliver()).toMatchObject({ state: 'dead', lastError: 'WEBHOOK_DISABLED' })
    expect(receiver.requests).toHaveLength(1)
  })

  test.each([301, 302, 303, 307, 308])('%i is a failure, and nobody follows it', async status => {
    const { receiver, deliver } = await openScene(open)
    const elsewhere = await startReceiver(answer(204, ''))
    onTestFinished(() => elsewhere.close())
    receiver.script = answer(status, 'elsewhere', { location: elsewhere.origin })
    expect(await deliver()).toMatchObject({ state: 'pending', lastStatus: status })
    expect(elsewhere.requests).toEqual([])
  })

  test.each([[429, '7200', 7_200_000], [503, '7200', 7_200_000], [503, String(30 * 86_400), 86_400_000]])('%i with Retry-After %s is waited for %i ms', async (status, asked, waitedMs) => {
    const { bench, receiver, deliver } = await openScene(open)
    receiver.script = answer(status, 'later', { 'retry-after': asked })
    expect((await deliver()).dueAtMs).toBe(bench.clock.nowMs() + waitedMs)
  })

  test('a Retry-After beside another status asks for nothing', async () => {
    const { bench, receiver, deliver } = await openScene(open)
    receiver.script = answer(500, 'later', { 'retry-after': '7200' })
    expect((await deliver()).dueAtMs).toBeLessThanOrEqual(bench.clock.nowMs() + 6000)
  })

  test('an answer that says 200 and then never ends is an answer', async () => {
    const { receiver, deliver } = await openScene(open)
    receiver.script = response => { response.writeHead(200).write('and so on') }
    expect(await deliver()).toMatchObject({ state: 'delivered', lastStatus: 200 })
  })

  test('an attempt whose lease has ended, and which somebody else has recorded as failed, has delivered all the same', async () => {
    const { bench, receiver, deliver, webhook } = await openScene(open)
    const arrived = Promise.withResolvers<() => void>()
    receiver.script = response => { arrived.resolve(() => { response.writeHead(204).end() }) }
    const first = deliver()
    const release = await arrived.promise
    const seen = present((await toldTo(bench.outbox, webhook))[0])
    await bench.outbox.replaceDelivery(seen, { ...seen, attempts: 1, lastError: 'DEADLINE', dueAtMs: bench.clock.nowMs() + 5000 })
    release()
    expect(await first).toMatchObject({ state: 'delivered', attempts: 2 })
  })

  test('an attempt whose lease has ended, and which somebody else has recorded as failed, has not failed once more', async () => {
    const { bench, receiver, deliver, webhook } = await openScene(open)
    const arrived = Promise.withResolvers<() => void>()
    receiver.script = response => { arrived.resolve(() => { response.writeHead(500).end() }) }
    const first = deliver()
    const release = await arrived.promise
    const seen = present((await toldTo(bench.outbox, webhook))[0])
    await bench.outbox.replaceDelivery(seen, { ...seen, attempts: 1, lastError: 'DEADLINE', dueAtMs: bench.clock.nowMs() + 5000 })
    release()
    expect(await first).toMatchObject({ state: 'pending', attempts: 1, lastError: 'DEADLINE' })
  })

  test('a receiver that closes the connection without a word has not got it', async () => {
    const { receiver, deliver } = await openScene(open)
    receiver.script = response => { response.socket?.destroy() }
    expect(await deliver()).toMatchObject({ state: 'pending', lastStatus: null, lastError: expect.stringMatching(/^[A-Z_]+$/) })
  })
}
