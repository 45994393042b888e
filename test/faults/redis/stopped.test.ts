// Redis is stopped for two seconds while creates come, again and again: they fail closed and fast, and nothing of it stays behind.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet, type Answer, type Fleet, type Load } from '../../support/fleet.ts'
import { present } from '../../support/present.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'

const STOPS = 5
const STOPPED_MS = 2000
/** As long as the first callers wait, which is so short that their orders are still valid after it. */
const SHORT_STOPS = 3
/** What a caller may wait for a refusal, after the first moment. */
const MEDIAN_MS_MAX = 50
const LONGEST_MS_MAX = 500

test('while Redis is stopped creates are refused fast and none reaches MuleRouter; after it everything returns by itself, and no hold is left of a refused call', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis })
  const { key } = await fleet.team(COUNTED)
  const load = fleet.load(key)
  for (let stop = 1; stop <= STOPS; stop++) {
    await load.everyGateway('serves', ({ status }) => status === 202)
    expectFastRefusals(await refusalsOfAnOutage({ fleet, load, redis }))
  }
  await load.everyGateway('serves again', ({ status }) => status === 202)
  await load.stop()

  const { accepted } = fleet.simulator.received
  expect(load.answers.filter(({ status }) => status === 202)).toHaveLength(accepted)
  await eventually(async () => (await fleet.account(key)).inFlight === accepted, 'what was refused is taken back')
  for (const gateway of fleet.gateways) expect(await fleet.account(key, gateway)).toMatchObject({ inFlight: accepted, quotas: [{ used: accepted, held: accepted }] })
})

test('what Redis admits late, after its callers were refused, is taken back', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis })
  const { key } = await fleet.team(COUNTED)
  for (let stop = 1; stop <= SHORT_STOPS; stop++) {
    await eventually(async () => (await fleet.createMany(3, key)).every(({ status }) => status === 202), 'every gateway serves')
    redis.kill('SIGSTOP')
    const refused = await fleet.createMany(9, key)
    redis.kill('SIGCONT')
    expect(refused.map(({ status, code }) => `${status} ${code}`)).toEqual(refused.map(() => '503 ledger_unavailable'))
  }

  await eventually(async () => (await fleet.gateways[0].call('GET', '/readyz')).status === 200, 'Redis is back')
  const { accepted } = fleet.simulator.received
  await eventually(async () => (await fleet.account(key)).inFlight === accepted, 'what was admitted late is taken back')
  expect(await fleet.account(key)).toMatchObject({ quotas: [{ used: accepted, held: accepted }] })
})

test('what Redis meets late, after the gateway that asked for it has died, counts nothing', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, size: 2 })
  const [survivor, victim] = fleet.gateways
  const { key } = await fleet.team(COUNTED)
  await fleet.createMany(2, key)
  redis.kill('SIGSTOP')
  expect(await fleet.create(present(victim), key)).toMatchObject({ status: 503 })
  victim?.kill('SIGKILL')
  await victim?.ended
  await pause(STOPPED_MS)
  redis.kill('SIGCONT')

  await eventually(async () => (await survivor.call('GET', '/readyz')).status === 200, 'Redis is back')
  expect(await fleet.account(key)).toMatchObject({ inFlight: 2, quotas: [{ used: 2, held: 2 }] })
})

/** Stops Redis, lets it go on, and gives the refusals of the time after the first moment: from when every gateway had noticed. */
async function refusalsOfAnOutage ({ fleet, load, redis }: { fleet: Fleet, load: Load, redis: RedisServer }): Promise<Answer[]> {
  redis.kill('SIGSTOP')
  const stoppedMs = performance.now()
  await load.everyGateway('has noticed', ({ status }) => status === 503)
  const noticedMs = performance.now()
  const sent = fleet.simulator.received.creates
  await pause(Math.max(0, stoppedMs + STOPPED_MS - noticedMs))
  const refused = load.answers.filter(({ startedMs }) => startedMs > noticedMs)
  expect(fleet.simulator.received.creates, 'nothing was sent').toBe(sent)
  redis.kill('SIGCONT')
  return refused
}

function expectFastRefusals (refused: readonly Answer[]): void {
  expect(refused.length).toBeGreaterThan(0)
  expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(['503 ledger_unavailable']))
  const tookMs = refused.map(answer => answer.tookMs).sort((a, b) => a - b)
  expect(tookMs[Math.floor(tookMs.length / 2)]).toBeLessThan(MEDIAN_MS_MAX)
  expect(tookMs.at(-1)).toBeLessThan(LONGEST_MS_MAX)
}
