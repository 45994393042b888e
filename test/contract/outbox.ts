// Part of the ledger's contract: every step that is announced is announced once, in that step, and carried until its end.
import { expect, test } from 'vitest'
import type { MessageId } from '../../src/kernel/ids.ts'
import { InvalidCursor } from '../../src/kernel/page.ts'
import { testAnnouncement } from '../../src/ledger/announcement.ts'
import { afterAttempt, askedAgain, type Attempt } from '../../src/ledger/delivery.ts'
import type { Claimed } from '../../src/ledger/outbox.ts'
import type { ObservedTask, Resolution } from '../../src/ledger/task.ts'
import { newSerial, type Webhook } from '../../src/teams/webhook.ts'
import { present } from '../support/present.ts'
import { accepted, wholeBody } from '../support/tasks.ts'
import { keptWebhook, payloadsOf, toldTo } from '../support/webhooks.ts'
import { openBench } from './open-bench.ts'
import { everything, MODEL, type Bench, type Open } from './open-ledger.ts'

const LEASE_MS = 20_000
const MINUTE_MS = 60_000
const FAILED: Extract<Attempt, { kind: 'failed' }> = { kind: 'failed', status: 500, error: 'status 500', retryAtMs: null }
const DELIVERED: Attempt = { kind: 'delivered', status: 204 }

type Step = { resolve: Resolution } | { observe: ObservedTask }
const ACCEPTED: Step = { resolve: accepted('pending') }
const saw = (status: 'pending' | 'processing' | 'completed' | 'failed'): Step => ({ observe: { kind: 'status', body: wholeBody(status) } })

const LIVES: { name: string, steps: Step[], told: string[] }[] = [
  { name: 'was only admitted', steps: [], told: [] },
  { name: 'is running', steps: [ACCEPTED, saw('processing')], told: [] },
  { name: 'completed', steps: [ACCEPTED, saw('completed')], told: ['task.completed'] },
  { name: 'was accepted as completed', steps: [{ resolve: accepted('completed') }], told: ['task.completed'] },
  { name: 'failed', steps: [ACCEPTED, saw('failed')], told: ['task.failed'] },
  { name: 'expired', steps: [ACCEPTED, { observe: { kind: 'given-up' } }], told: ['task.expired'] },
  { name: 'has an unknown outcome', steps: [{ resolve: { kind: 'unknown' } }], told: ['task.unknown'] },
  { name: 'had an unknown outcome and completed', steps: [{ resolve: { kind: 'unknown' } }, ACCEPTED, saw('completed')], told: ['task.unknown', 'task.completed'] },
  { name: 'had an unknown outcome that was decided', steps: [{ resolve: { kind: 'unknown' } }, { observe: { kind: 'decided', as: 'spent' } }], told: ['task.unknown'] },
  { name: 'was refused', steps: [{ resolve: { kind: 'refused' } }], told: [] },
  { name: 'was never sent', steps: [{ resolve: { kind: 'unsent' } }], told: [] },
  { name: 'was deleted', steps: [ACCEPTED, { observe: { kind: 'deleted', begun: true } }], told: [] },
  { name: 'completed and was deleted', steps: [ACCEPTED, saw('completed'), { observe: { kind: 'deleted', begun: true } }], told: ['task.completed'] },
  { name: 'was seen in every way after it failed', steps: [ACCEPTED, saw('failed'), saw('completed'), { observe: { kind: 'given-up' } }, ACCEPTED], told: ['task.failed'] }
]

/** A webhook that was told of a task that completed. */
async function toldWebhook (bench: Bench): Promise<Webhook> {
  const caller = await bench.caller()
  const webhook = await keptWebhook(bench.outbox, caller)
  await bench.see((await bench.begin(caller)).ref, 'completed')
  return webhook
}

async function claimOne (bench: Bench): Promise<Claimed> {
  const [claimed, ...more] = await bench.outbox.claimDeliveries(10, LEASE_MS)
  expect(more).toEqual([])
  return present(claimed)
}

/** Records how the delivery that is due was attempted. */
async function attempt (bench: Bench, attempted: Attempt): Promise<void> {
  const { delivery } = await claimOne(bench)
  expect(await bench.outbox.replaceDelivery(delivery, afterAttempt(delivery, attempted, bench.clock.nowMs()))).toBe(true)
}

export function outboxContract (open: Open): void {
  test.each(LIVES)('of a task that $name its team is told $told, once, however often each step is repeated', async ({ steps, told }) => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller)
    const order = await bench.admit(caller)
    for (const step of steps) {
      for (let time = 1; time <= 3; time++) {
        if ('resolve' in step) await bench.ledger.resolve(order, step.resolve)
        else await bench.observe(order.ref, step.observe)
      }
    }
    expect((await toldTo(bench.outbox, webhook)).map(({ type }) => type)).toEqual(told)
  })

  test('fifty observers of one end, and fifty more, make one message', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller)
    const { ref } = await bench.begin(caller)
    for (let round = 1; round <= 2; round++) await Promise.all(Array.from({ length: 50 }, (_, number) => bench.see(ref, number % 2 === 0 ? 'completed' : 'failed')))
    const task = present(await bench.ledger.read(ref))
    expect(payloadsOf(await toldTo(bench.outbox, webhook))).toMatchObject([{ type: `task.${task.state}`, data: { task_ref: ref, status: task.state } }])
  })

  test('a message says what became of the task, and when', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller)
    const { ref, taskId } = await bench.begin(caller)
    await bench.pass(MINUTE_MS)
    await bench.see(ref, 'completed')
    const [delivery] = await toldTo(bench.outbox, webhook)
    expect(delivery).toEqual({
      id: `msg_${ref.slice(4)}_completed`,
      team: caller.team.id,
      webhook: webhook.id,
      serial: webhook.serial,
      type: 'task.completed',
      payload: `{"type":"task.completed","timestamp":"2026-11-22T12:01:00.000Z","data":{"task_id":"${taskId}","task_ref":"${ref}","model":"${MODEL}","status":"completed","price_usd":"0.50"}}`,
      state: 'pending',
      attempts: 0,
      attemptsBefore: 0,
      lastStatus: null,
      lastError: null,
      createdAtMs: bench.clock.nowMs(),
      dueAtMs: bench.clock.nowMs(),
      endedAtMs: null
    })
  })

  test('each enabled webhook of the team that wants the event is told, and no other', async () => {
    const bench = await openBench(open)
    const [caller, other] = [await bench.caller(), await bench.caller()]
    const wanting = [await keptWebhook(bench.outbox, caller), await keptWebhook(bench.outbox, caller, { events: ['task.failed', 'task.completed'] })]
    const others = [
      await keptWebhook(bench.outbox, caller, { events: ['task.failed', 'task.unknown', 'task.expired', 'quota.threshold'] }),
      await keptWebhook(bench.outbox, caller, { enabled: false }),
      await keptWebhook(bench.outbox, other)
    ]
    await bench.see((await bench.begin(caller)).ref, 'completed')
    for (const webhook of wanting) expect(await toldTo(bench.outbox, webhook)).toHaveLength(1)
    for (const webhook of others) expect(await toldTo(bench.outbox, webhook)).toEqual([])
  })

  test('a task that the store did not have is announced when it is written anew', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller)
    for (const outcome of [{ kind: 'unknown' } as const, accepted('completed'), accepted('pending'), { kind: 'unsent' } as const]) await bench.ledger.resolve(bench.order(caller), outcome)
    expect((await toldTo(bench.outbox, webhook)).map(({ type }) => type)).toEqual(['task.unknown', 'task.completed'])
  })

  test('of fifty who claim at once one gets the delivery, with the webhook as it is now', async () => {
    const bench = await openBench(open)
    const webhook = await toldWebhook(bench)
    await bench.outbox.replaceWebhook({ ...webhook, url: 'https://receiver.example/new', version: 2 })
    const claimed = (await Promise.all(Array.from({ length: 50 }, () => bench.outbox.claimDeliveries(5, LEASE_MS)))).flat()
    expect(claimed).toEqual([{ webhook: { ...webhook, url: 'https://receiver.example/new', version: 2 }, delivery: (await toldTo(bench.outbox, webhook))[0] }])
    expect(claimed[0]?.webhook.secret.reveal()).toBe(webhook.secret.reveal())
  })

  test('a lease that nobody reports back on ends, and then another gets the delivery', async () => {
    const bench = await openBench(open)
    await toldWebhook(bench)
    await claimOne(bench)
    await bench.pass(LEASE_MS - 1)
    expect(await bench.outbox.claimDeliveries(5, LEASE_MS)).toEqual([])
    await bench.pass(1)
    await claimOne(bench)
  })

  test('what nobody has claimed is given out before what was claimed and not begun, however long that has been due', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const [busy, other] = [await keptWebhook(bench.outbox, caller), await keptWebhook(bench.outbox, caller)]
    for (let message = 1; message <= 3; message++) await bench.outbox.tell(busy, testAnnouncement(busy, bench.clock.nowMs()))
    const claim = async (count: number): Promise<string[]> => (await bench.outbox.claimDeliveries(count, LEASE_MS)).map(({ webhook }) => webhook.serial)
    expect(await claim(3)).toEqual([busy.serial, busy.serial, busy.serial])
    await bench.pass(LEASE_MS)
    await bench.outbox.tell(other, testAnnouncement(other, bench.clock.nowMs()))
    expect(await claim(2)).toEqual([other.serial, busy.serial])
    expect(await claim(4)).toEqual([busy.serial, busy.serial])
  })

  test('no more are claimed than were asked for, and the others are there for the next', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    await keptWebhook(bench.outbox, caller)
    for (let task = 1; task <= 5; task++) await bench.see((await bench.begin(caller)).ref, 'completed')
    const counts = [await bench.outbox.claimDeliveries(3, LEASE_MS), await bench.outbox.claimDeliveries(3, LEASE_MS)].map(claimed => claimed.length)
    expect(counts).toEqual([3, 2])
  })

  test('what failed is due again when its time has come, with the same words', async () => {
    const bench = await openBench(open)
    await toldWebhook(bench)
    const first = await claimOne(bench)
    const retryAtMs = bench.clock.nowMs() + 5 * MINUTE_MS
    await bench.outbox.replaceDelivery(first.delivery, afterAttempt(first.delivery, { ...FAILED, retryAtMs }, bench.clock.nowMs()))
    await bench.pass(5 * MINUTE_MS - 1)
    expect(await bench.outbox.claimDeliveries(5, LEASE_MS)).toEqual([])
    await bench.pass(1)
    const { delivery } = await claimOne(bench)
    expect(delivery).toEqual({ ...first.delivery, attempts: 1, lastStatus: 500, lastError: 'status 500', dueAtMs: retryAtMs })
  })

  test.each([['delivered', DELIVERED, { lastStatus: 204, lastError: null }], ['dead', FAILED, { lastStatus: 500, lastError: 'status 500' }]] as const)('what is %s is not due any more, also after the next start', async (state, attempted, more) => {
    const bench = await openBench(open)
    const webhook = await toldWebhook(bench)
    await attempt(bench, attempted)
    await bench.reopen()
    await bench.pass(MINUTE_MS)
    expect(await bench.outbox.claimDeliveries(5, LEASE_MS)).toEqual([])
    expect(await toldTo(bench.outbox, webhook)).toMatchObject([{ state, attempts: 1, dueAtMs: null, endedAtMs: bench.clock.nowMs() - MINUTE_MS, ...more }])
  })

  test('of fifty records of one attempt one is taken', async () => {
    const bench = await openBench(open)
    await toldWebhook(bench)
    const { delivery } = await claimOne(bench)
    const after = afterAttempt(delivery, DELIVERED, bench.clock.nowMs())
    const taken = await Promise.all(Array.from({ length: 50 }, () => bench.outbox.replaceDelivery(delivery, after)))
    expect(taken.filter(Boolean)).toHaveLength(1)
  })

  test.each([['dead', FAILED], ['delivered', DELIVERED]] as const)('what is %s is due again when it is asked for, and its attempts are counted on', async (_state, attempted) => {
    const bench = await openBench(open)
    const webhook = await toldWebhook(bench)
    await attempt(bench, attempted)
    const ended = present((await toldTo(bench.outbox, webhook))[0])
    expect(await bench.outbox.replaceDelivery(ended, askedAgain(ended, bench.clock.nowMs()))).toBe(true)
    expect((await claimOne(bench)).delivery).toMatchObject({ id: ended.id, payload: ended.payload, state: 'pending', attempts: 1, attemptsBefore: 1, endedAtMs: null })
    expect(await bench.outbox.readDelivery(webhook, ended.id)).toMatchObject({ state: 'pending' })
    expect(await bench.outbox.readDelivery(webhook, 'msg_missing' as MessageId)).toBe(undefined)
  })

  test('deliveries of a webhook that was removed are not given out, nor are they those of a new one of the same id', async () => {
    const bench = await openBench(open)
    const webhook = await toldWebhook(bench)
    const { delivery } = present((await bench.outbox.claimDeliveries(1, LEASE_MS))[0])
    await bench.outbox.removeWebhook(webhook)
    const next = { ...webhook, serial: newSerial() }
    expect(await bench.outbox.createWebhook(next)).toBe('created')
    await bench.pass(LEASE_MS)
    expect(await bench.outbox.claimDeliveries(5, LEASE_MS)).toEqual([])
    expect(await toldTo(bench.outbox, next)).toEqual([])
    expect(await bench.outbox.replaceDelivery(delivery, afterAttempt(delivery, DELIVERED, bench.clock.nowMs()))).toBe(false)
  })

  test('a test is told to its webhook alone, whatever that wants', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller, { events: ['task.expired'] })
    const other = await keptWebhook(bench.outbox, caller)
    const told = await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))
    expect(await toldTo(bench.outbox, webhook)).toEqual([told])
    expect(payloadsOf([told])).toEqual([{ type: 'webhook.test', timestamp: '2026-11-22T12:00:00.000Z', data: { team: caller.team.id, webhook: webhook.id } }])
    expect(await toldTo(bench.outbox, other)).toEqual([])
    expect((await claimOne(bench)).delivery).toEqual(told)
  })

  test.each([1, 3, 100])('deliveries are listed newest first, %i at a time, all of them or those of one state', async limit => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller)
    const ids: MessageId[] = []
    for (let number = 1; number <= 7; number++) {
      ids.push((await bench.outbox.tell(webhook, testAnnouncement(webhook, bench.clock.nowMs()))).id)
      if (number % 3 !== 0) await attempt(bench, number % 3 === 1 ? FAILED : DELIVERED)
      else await claimOne(bench)
    }
    const listed = async (state?: 'pending' | 'delivered' | 'dead') => (await everything(query => bench.outbox.listDeliveries(webhook, { ...query, state }), limit)).map(({ id }) => ids.indexOf(id) + 1)
    expect(await listed()).toEqual([7, 6, 5, 4, 3, 2, 1])
    expect(await listed('dead')).toEqual([7, 4, 1])
    expect(await listed('delivered')).toEqual([5, 2])
    expect(await listed('pending')).toEqual([6, 3])
    await expect(bench.outbox.listDeliveries(webhook, { limit, cursor: 'msg_nobody' })).rejects.toThrow(InvalidCursor)
  })

  test('what a step has announced is there after the next start', async () => {
    const bench = await openBench(open)
    const webhook = await toldWebhook(bench)
    const before = await toldTo(bench.outbox, webhook)
    await bench.reopen()
    expect(await toldTo(bench.outbox, webhook)).toEqual(before)
    expect((await claimOne(bench)).delivery).toEqual(before[0])
  })
}
