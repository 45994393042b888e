// A look that brings nothing: the next one comes when MuleRouter wants it, but it does come.
import { expect, onTestFinished, test } from 'vitest'
import { lookAtTask } from '../../src/flows/look-at-task.ts'
import type { Upstream } from '../../src/flows/upstream.ts'
import { benchOf, REFUND_FAILED } from '../contract/open-ledger.ts'
import { openSqliteLedger } from '../stores/sqlite/open-sqlite-ledger.ts'
import { present } from '../support/present.ts'
import { silentLog } from '../support/silent-log.ts'

async function unexpected (): Promise<never> { throw new Error('nobody asks for this') }

test.each([
  ['half an hour', 1800, 1_800_000],
  ['a year', 31_536_000, 3_600_000]
])('MuleRouter asks to be left alone for %s', async (_time, retryAfterS, waitsMs) => {
  const bench = benchOf(await openSqliteLedger(REFUND_FAILED))
  onTestFinished(() => bench.close())
  const { ref, taskId } = await bench.begin(await bench.caller())
  const upstream: Upstream = { submit: unexpected, remove: unexpected, probe: unexpected, look: async () => ({ kind: 'failed', cause: new Error('status 429'), retryAfterS }) }
  const address = { path: '/', mode: 'live', taskId, credential: null, traceparent: undefined, begunBy: null } as const
  const { task } = await lookAtTask({ ledger: bench.ledger, upstream, clock: bench.clock }, present(await bench.ledger.read(ref)), address, silentLog)
  expect(present(task.dueAtMs) - bench.clock.nowMs()).toBe(waitsMs)
})
