// The hold on an unknown outcome ends by time alone, over a start of the gateway.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { COUNTED, accountOf, IN_DOUBT, SPENT, UNTOUCHED } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway } from '../support/gateway.ts'

test.each([['charge', SPENT], ['release', UNTOUCHED]] as const)('with UNKNOWN_HOLD_END=%s the hold on an unknown outcome ends so', async (end, account) => {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const env = { DATABASE_PATH: join(folder, 'ledger.db'), UNKNOWN_HOLD_HOURS: '1', UNKNOWN_HOLD_END: end, SWEEP_LOOKS_PER_SECOND: '50' }
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
