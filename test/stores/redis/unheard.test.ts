// Answers of Redis that nobody heard: whatever was done, taking it back leaves everything as it was.
import { onTestFinished, test, expect } from 'vitest'
import { benchOf, quota, REFUND_FAILED, type Bench } from '../../contract/open-ledger.ts'
import { sharedRedisUrl } from '../../support/redis/shared-redis.ts'
import { openRedisLedger } from './open-redis-ledger.ts'

const PLAIN = { prompt: 'a cat' }

async function openBench (): Promise<Bench> {
  const bench = benchOf(await openRedisLedger(sharedRedisUrl(), REFUND_FAILED))
  onTestFinished(() => bench.close())
  return bench
}

test('a lost task that was taken over by an order that nobody heard of is there for the next equal order, before what was lost after it', async () => {
  const bench = await openBench()
  const caller = await bench.caller()
  const [lost, later] = [await bench.admit(caller, PLAIN), await bench.admit(caller, PLAIN)]
  await bench.lose(lost)
  await bench.lose(later)
  const unheard = bench.order(caller, PLAIN)
  expect(await bench.ledger.admit(unheard)).toMatchObject({ kind: 'in-progress', lost: true, ref: lost.ref })
  await bench.ledger.resolve(unheard, { kind: 'unsent' })
  await bench.ledger.resolve(unheard, { kind: 'unsent' })
  for (const { ref } of [lost, later]) expect(await bench.ledger.admit(bench.order(caller, PLAIN))).toMatchObject({ kind: 'in-progress', lost: true, ref })
  expect((await bench.ledger.admit(bench.order(caller, PLAIN))).kind).toBe('admitted')
})

test('an admission that nobody heard of, and was taken back, has used nothing and frees its Idempotency-Key', async () => {
  const bench = await openBench()
  const caller = await bench.caller(quota('team', 'day', 'tasks', 1))
  const unheard = bench.order(caller, { ...PLAIN, idempotencyKey: 'once' })
  expect((await bench.ledger.admit(unheard)).kind).toBe('admitted')
  await bench.ledger.resolve(unheard, { kind: 'unsent' })
  expect((await bench.ledger.admit(bench.order(caller, { ...PLAIN, idempotencyKey: 'once' }))).kind).toBe('admitted')
})
