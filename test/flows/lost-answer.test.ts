// A caller that has gone: that its answer is left to its next call is work that a stop waits for.
import { expect, onTestFinished, test } from 'vitest'
import { openDebts } from '../../src/flows/debts.ts'
import { askedBy, leaveToNext } from '../../src/flows/lost-answer.ts'
import { Running } from '../../src/kernel/running.ts'
import { REFUND_FAILED, benchOf } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { silentLog } from '../support/silent-log.ts'

test('that nobody was answered is under way until the ledger knows it', async () => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const order = bench.order(await bench.caller(), { prompt: 'a cat' })
  const running = new Running()
  await bench.ledger.admit(order)
  const left = leaveToNext({ ledger: bench.ledger, debts: openDebts({ log: silentLog }), running }, { log: silentLog }, askedBy(order, order.ref))()
  expect(running.size).toBe(1)
  await running.idle()
  expect(await bench.ledger.admit(bench.order(order.caller, { prompt: 'a cat' }))).toMatchObject({ kind: 'in-progress', lost: true, ref: order.ref })
  await left
})
