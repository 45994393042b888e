// A caller that has gone: that its answer is left to its next call is work that a stop waits for, and that its next call waits for.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openDebts } from '../../src/flows/debts.ts'
import { askedBy, LostAnswers } from '../../src/flows/lost-answer.ts'
import { Running } from '../../src/kernel/running.ts'
import { LedgerUnavailable, type Ledger } from '../../src/ledger/ledger.ts'
import type { TaskRef } from '../../src/kernel/ids.ts'
import { REFUND_FAILED, benchOf } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { eventually } from '../support/eventually.ts'
import { silentLog } from '../support/silent-log.ts'

const BODY = { prompt: 'a cat' }
const OTHER = { prompt: 'a dog' }
const RETRY_MS = 5

/** @param reached how the ledger is reached, if not directly */
async function scene (reached: (ledger: Ledger) => Ledger = ledger => ledger) {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const caller = await bench.caller()
  const running = new Running()
  const debts = openDebts({ log: silentLog, retryMs: RETRY_MS })
  const leaving = new AbortController()
  return { bench, caller, running, leaving, waiting: { gone: leaving.signal, log: silentLog }, lostAnswers: new LostAnswers({ ledger: reached(bench.ledger), debts, running }) }
}

/** Whether it has come to its end by now. */
async function isOver (promise: Promise<unknown>): Promise<boolean> {
  let over = false
  const end = (): void => { over = true }
  promise.then(end, end)
  await turn()
  return over
}

test('that nobody was answered is under way until the ledger knows it', async () => {
  const { bench, caller, running, leaving, waiting, lostAnswers } = await scene()
  const order = bench.order(caller, BODY)
  await bench.ledger.admit(order)
  lostAnswers.whenGone(waiting, order, Promise.resolve(order.ref))
  leaving.abort()
  expect(running.size).toBe(1)
  await running.idle()
  expect(await bench.ledger.admit(bench.order(caller, BODY))).toMatchObject({ kind: 'in-progress', lost: true, ref: order.ref })
})

test('an equal order waits for one whose caller has gone while it is being admitted, and takes it over; others do not wait', async () => {
  const { bench, caller, leaving, waiting, lostAnswers } = await scene()
  const [order, next, other] = [bench.order(caller, BODY), bench.order(caller, BODY), bench.order(caller, OTHER)]
  const admitted = Promise.withResolvers<TaskRef | undefined>()
  lostAnswers.whenGone(waiting, order, admitted.promise)
  expect(await isOver(lostAnswers.known(next))).toBe(true)
  leaving.abort()

  const known = lostAnswers.known(next)
  expect(await isOver(known)).toBe(false)
  expect(await isOver(lostAnswers.known(other))).toBe(true)
  expect(await isOver(lostAnswers.known(bench.order(await bench.caller(), BODY)))).toBe(true)
  await bench.ledger.admit(order)
  admitted.resolve(order.ref)
  await known
  expect(await bench.ledger.admit(next)).toMatchObject({ kind: 'in-progress', lost: true, ref: order.ref })
  expect(await isOver(lostAnswers.known(next))).toBe(true)
})

test('an equal order waits in vain if the one whose caller has gone was not admitted', async () => {
  const { bench, caller, leaving, waiting, lostAnswers } = await scene()
  const admitted = Promise.withResolvers<TaskRef | undefined>()
  lostAnswers.whenGone(waiting, bench.order(caller, BODY), admitted.promise)
  leaving.abort()
  const known = lostAnswers.known(bench.order(caller, BODY))
  admitted.resolve(undefined)
  await known
  expect(await bench.ledger.admit(bench.order(caller, BODY))).toMatchObject({ kind: 'admitted' })
})

test('an equal order is refused as long as the ledger cannot be told of one that nobody was answered for', async () => {
  let away = true
  const { bench, caller, waiting, lostAnswers } = await scene(ledger => ({ ...ledger, lose: async asked => { if (away) throw new LedgerUnavailable(new Error('away')); return ledger.lose(asked) } }))
  const order = bench.order(caller, BODY)
  await bench.ledger.admit(order)
  const left = lostAnswers.leave(waiting, askedBy(order, order.ref))
  const waitedFor = lostAnswers.known(bench.order(caller, BODY))
  await left
  await expect(waitedFor).rejects.toThrow(LedgerUnavailable)
  await expect(lostAnswers.known(bench.order(caller, BODY))).rejects.toThrow(LedgerUnavailable)
  await lostAnswers.known(bench.order(caller, OTHER))

  away = false
  await eventually(() => lostAnswers.known(bench.order(caller, BODY)).then(() => true, () => false), 'it is known')
  expect(await bench.ledger.admit(bench.order(caller, BODY))).toMatchObject({ kind: 'in-progress', lost: true, ref: order.ref })
})

test('an equal order is refused until one that may have been admitted is taken back', async () => {
  const { bench, caller, lostAnswers } = await scene()
  const { promise: paid, resolve: pay } = Promise.withResolvers<void>()
  lostAnswers.owe(bench.order(caller, BODY), { facts: {}, pay: () => Promise.race([paid, Promise.reject(new LedgerUnavailable(new Error('away')))]) })
  await expect(lostAnswers.known(bench.order(caller, BODY))).rejects.toThrow(LedgerUnavailable)
  pay()
  await eventually(() => lostAnswers.known(bench.order(caller, BODY)).then(() => true, () => false), 'it is known')
})
