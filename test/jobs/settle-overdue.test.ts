// What time alone ends, as the gateway does it at start: it is settled by the rule of the configuration, and logged.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { settleOverdue } from '../../src/jobs/settle-overdue.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { benchOf, REFUND_FAILED, SUBMIT_WITHIN_MS, UNKNOWN_HOLD_MS } from '../contract/open-ledger.ts'
import { COUNTED, accountOf, IN_DOUBT, SPENT, UNTOUCHED } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'

test('more than a round of overdue submissions and holds are all settled, each with one line', async () => {
  const opened = await openSqliteLedger(REFUND_FAILED)
  onTestFinished(() => opened.close())
  const bench = benchOf(opened)
  const lines: string[] = []
  const write = (_facts: object, message: string): void => { lines.push(message) }
  const deps = { ledger: bench.ledger, log: { debug: write, info: write, warn: write, error: write } }
  const caller = await bench.caller()
  for (let count = 0; count < 250; count++) await bench.admit(caller)

  await bench.pass(SUBMIT_WITHIN_MS)
  await settleOverdue(deps)
  expect(lines).toEqual(Array.from({ length: 250 }, () => 'task unknown'))
  await bench.pass(UNKNOWN_HOLD_MS)
  await settleOverdue(deps)
  expect(lines.slice(250)).toEqual(Array.from({ length: 250 }, () => 'hold ended'))
})

test.each([['charge', SPENT], ['release', UNTOUCHED]] as const)('with UNKNOWN_HOLD_END=%s the hold on an unknown outcome ends so', async (end, account) => {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const env = { DATABASE_PATH: join(folder, 'ledger.db'), UNKNOWN_HOLD_HOURS: '1', UNKNOWN_HOLD_END: end }
  const first = await startGateway(env)
  const { key } = await first.team({ limits: COUNTED })
  await first.create(key, { prompt: '[[reset]]' })
  expect(await accountOf(first, key)).toEqual(IN_DOUBT)
  await first.stop()

  const next = await startGateway(env)
  onTestFinished(() => next.stop())
  expect(await accountOf(next, key)).toEqual(IN_DOUBT)
  next.clock.advance(3_600_000)
  await eventually(() => next.log().some(({ msg }) => msg === 'hold ended'), 'the job came round')
  expect(await accountOf(next, key)).toEqual(account)
})
