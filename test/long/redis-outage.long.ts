// Outages that are longer than connections and gateways are waited for, and many short ones.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { MAIN, startChild } from '../support/child.ts'
import { eventually } from '../support/eventually.ts'
import { COUNTED, startFleet, type Answer } from '../support/fleet.ts'
import { gatewayEnv, logLines } from '../support/gateway-process.ts'
import { redisForTest } from '../support/redis/redis-for-test.ts'
import { tempFolder } from '../support/temp-folder.ts'

const PASSWORD = 'password-canary-19f2'
/** Longer than a gateway may be silent before the others take over from it. */
const SILENT_MS = 15_000
/** Longer than gateways take to find out which others are there, and what the ledger holds. */
const SETTLED_MS = 2500
const OUTAGES = 40
const KILLS = 12
/** What every refusal of an outage takes at most, and all but one of twenty. */
const LONGEST_MS_MAX = 500
const MOST_MS_MAX = 50

const isServed = ({ status }: Answer): boolean => status === 202
const isAway = ({ code }: Answer): boolean => code === 'ledger_unavailable'

test('a gateway that is started while Redis is away says that it waits, and gives up with one line; those that run return by themselves when Redis does, and miss nothing', async () => {
  const redis = await redisForTest({ args: ['--requirepass', PASSWORD] })
  const url = redis.url.replace('://', `://:${PASSWORD}@`)
  const fleet = await startFleet({ redis: { url } })
  const { key } = await fleet.team(COUNTED)
  const load = fleet.load(key, 1)
  await load.everyGateway('serves', isServed)
  redis.kill('SIGSTOP')

  const ended = await startChild(MAIN, { cwd: tempFolder(), env: gatewayEnv({ REDIS_URL: url }) }).ended
  expect(ended).toMatchObject({ code: 1, signal: null })
  expect(logLines(ended.stdout)).toEqual([expect.objectContaining({ level: 'warn', msg: 'waiting for Redis' })])
  expect(ended.stderr).toMatch(/^REDIS_URL: cannot be reached: .+\n$/)
  expect(ended.stdout + ended.stderr).not.toContain(PASSWORD)

  await load.everyGateway('has noticed', isAway)
  redis.kill('SIGCONT')
  await load.everyGateway('serves again', isServed)
  await pause(SETTLED_MS)
  await load.everyGateway('still serves', isServed)
  await load.stop()
  const { accepted } = fleet.simulator.received
  expect(await fleet.account(key)).toMatchObject({ inFlight: accepted, quotas: [{ used: accepted, held: accepted }] })
})

test('a gateway that is itself stopped for long goes on as if nothing had been, and so do the others', async () => {
  const fleet = await startFleet()
  const { key } = await fleet.team(COUNTED)
  const load = fleet.load(key, 1)
  await load.everyGateway('serves', isServed)
  const [, sleeper] = fleet.gateways
  sleeper?.kill('SIGSTOP')
  await pause(SILENT_MS)
  sleeper?.kill('SIGCONT')
  const wokenMs = performance.now()
  await load.everyGateway('serves again', isServed)
  await pause(SETTLED_MS)
  await load.everyGateway('still serves', isServed)
  await load.stop()
  expect(load.answers.filter(answer => answer.startedMs > wokenMs && !isServed(answer))).toEqual([])
})

test('a gateway that is told to stop while Redis is away for good ends all the same, and names in its log what it could not record', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, size: 1 })
  const [gateway] = fleet.gateways
  const { key } = await fleet.team(COUNTED)
  const creating = fleet.create(gateway, key, { prompt: 'a cat [[hold]]' })
  await eventually(() => fleet.simulator.held === 1, 'the create arrived upstream')
  redis.kill('SIGSTOP')
  fleet.simulator.release()
  const { taskId } = await creating
  gateway.kill('SIGTERM')

  const ended = await gateway.ended
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(logLines(ended.stdout).filter(({ msg }) => msg === 'never recorded')).toMatchObject([{ task_id: taskId, outcome: 'accepted' }])
})

test(`after ${OUTAGES} outages of every length up to two seconds the account is what MuleRouter made, and every refusal was fast`, async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis })
  const { key } = await fleet.team(COUNTED)
  const load = fleet.load(key)
  const tookMs: number[] = []
  for (let outage = 1; outage <= OUTAGES; outage++) {
    await load.everyGateway('serves', isServed)
    redis.kill('SIGSTOP')
    const stoppedMs = performance.now()
    await load.everyGateway('has noticed', isAway)
    const noticedMs = performance.now()
    const sent = fleet.simulator.received.creates
    await pause(Math.max(0, stoppedMs + 2000 * outage / OUTAGES - noticedMs))
    tookMs.push(...load.answers.filter(({ startedMs }) => startedMs > noticedMs).map(answer => answer.tookMs))
    expect(fleet.simulator.received.creates, 'nothing was sent').toBe(sent)
    redis.kill('SIGCONT')
  }
  await load.everyGateway('serves in the end', isServed)
  await load.stop()

  const { accepted } = fleet.simulator.received
  expect(load.answers.filter(isServed)).toHaveLength(accepted)
  await eventually(async () => (await fleet.account(key)).inFlight === accepted, 'what was refused is taken back')
  expect(await fleet.account(key)).toMatchObject({ quotas: [{ used: accepted, held: accepted }] })
  tookMs.sort((a, b) => a - b)
  expect(tookMs[Math.floor(tookMs.length * 0.95)]).toBeLessThan(MOST_MS_MAX)
  expect(tookMs.at(-1)).toBeLessThan(LONGEST_MS_MAX)
})

test(`after ${KILLS} kills of Redis in the middle of creates nothing that a caller was told is missing`, async () => {
  const redis = await redisForTest({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const fleet = await startFleet({ redis })
  const { key } = await fleet.team(COUNTED)
  const load = fleet.load(key, 4)
  for (let kill = 1; kill <= KILLS; kill++) {
    await load.everyGateway('serves', isServed)
    redis.kill('SIGKILL')
    await redis.restart()
  }
  await load.everyGateway('serves in the end', isServed)
  await load.stop()

  const { accepted } = fleet.simulator.received
  expect(load.answers.filter(isServed)).toHaveLength(accepted)
  await eventually(async () => (await fleet.account(key)).inFlight === accepted, 'what was refused is taken back')
  expect(await fleet.account(key)).toMatchObject({ quotas: [{ used: accepted, held: accepted }] })
})
