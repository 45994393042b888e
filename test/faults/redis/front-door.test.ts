// The front door of three processes is one: they count calls together, and while Redis is away none of them is in the way.
import { expect, test } from 'vitest'
import { COUNTED, startFleet } from '../../support/fleet.ts'
import type { Reply } from '../../support/gateway-process.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'

const LIMIT = 20
const CALLS = 60
/** A call that Redis does not answer within 50 ms is let in, and a busy machine may be slow now and then. */
const LET_IN_MAX = 10
const ROUNDS = 10
/** What a caller may wait for a refusal, after the first moment. */
const MEDIAN_MS_MAX = 50

test(`of ${CALLS} calls of a key spread over three processes about ${LIMIT} pass in a minute`, async () => {
  const fleet = await startFleet({ env: { REQUESTS_PER_MINUTE: String(LIMIT) } })
  const { key } = await fleet.team()
  const replies: Reply[] = []
  for (let round = 0; round < CALLS / fleet.gateways.length; round++) {
    for (const gateway of fleet.gateways) replies.push(await gateway.call('GET', '/v1/tasks', { key }))
  }

  const refused = replies.filter(({ status }) => status !== 200)
  expect(CALLS - refused.length).toBeGreaterThanOrEqual(LIMIT)
  expect(CALLS - refused.length).toBeLessThanOrEqual(LIMIT + LET_IN_MAX)
  for (const reply of refused) {
    expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) }, json: { code: 'rate_limited', 'violated-policies': ['front-door'] } })
  }
})

test('while Redis is away the door refuses nobody: who was over the limit is told, and fast, that the ledger is away', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, env: { REQUESTS_PER_MINUTE: '3' } })
  const { key } = await fleet.team(COUNTED)
  await fleet.createMany(9, key)
  const load = fleet.load(key)
  await load.everyGateway('refuses at the door', ({ code }) => code === 'rate_limited')
  redis.kill('SIGSTOP')
  const stoppedMs = performance.now()
  await load.everyGateway('has noticed', ({ status }) => status === 503)
  const noticedMs = performance.now()
  for (let round = 1; round <= ROUNDS; round++) await load.everyGateway('is asked again', () => true)
  await load.stop()

  const answers = load.answers.filter(({ startedMs }) => startedMs > stoppedMs)
  expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['503 ledger_unavailable']))
  const tookMs = load.answers.filter(({ startedMs }) => startedMs > noticedMs).map(answer => answer.tookMs).sort((a, b) => a - b)
  expect(tookMs[Math.floor(tookMs.length / 2)]).toBeLessThan(MEDIAN_MS_MAX)
})
