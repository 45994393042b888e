// Redis dies by kill -9 in the middle of creates, and comes back with what it had written: whatever a caller was told is there, or is known to be lost.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet, type Answer, type Fleet } from '../../support/fleet.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { allTasks, expectNothingLost, type Listed } from '../crash-scenario.ts'

const LOST = /lost data/
const isServed = ({ status }: Answer): boolean => status === 202
const isAway = ({ code }: Answer): boolean => code === 'ledger_unavailable'
const isLost = (answer: Answer): boolean => isAway(answer) && LOST.test(answer.detail ?? '')

for (const appendfsync of ['always', 'everysec']) {
  test(`after kill -9 of Redis with appendfsync ${appendfsync} the service returns by itself, and nothing that a caller was told is missing`, async () => {
    const redis = await redisForTest({ args: ['--appendonly', 'yes', '--appendfsync', appendfsync] })
    const fleet = await startFleet({ redis })
    const { key } = await fleet.team(COUNTED)
    const load = fleet.load(key, 4)
    await load.everyGateway('serves', isServed)
    redis.kill('SIGKILL')
    await redis.ended()
    await load.everyGateway('has noticed', isAway)
    await redis.restart()
    await load.everyGateway('serves again, or knows that something is lost', answer => isServed(answer) || isLost(answer))
    const lost = await hasLost(fleet)
    // Between two flushes to the disk, Redis may have acknowledged what it did not write.
    expect(lost && appendfsync === 'always').toBe(false)
    if (lost) await confirm(fleet)
    await load.everyGateway('serves in the end', isServed)
    await load.stop()

    if (!lost) await expectWhole(fleet, { key, answers: load.answers })
  })
}

test('a Redis that stopped answering before it died is found again', async () => {
  const redis = await redisForTest({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const fleet = await startFleet({ redis })
  const { key } = await fleet.team(COUNTED)
  const load = fleet.load(key)
  await load.everyGateway('serves', isServed)
  redis.kill('SIGSTOP')
  await load.everyGateway('has noticed', isAway)
  await redis.restart()
  await load.everyGateway('serves again', isServed)
  await load.stop()

  await expectWhole(fleet, { key, answers: load.answers })
})

test('a Redis that comes back without what it had acknowledged is noticed by every gateway, and creates are 503 until an operator confirms', async () => {
  const redis = await redisForTest({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const fleet = await startFleet({ redis })
  const { key } = await fleet.team(COUNTED)
  const kept = await fleet.createMany(9, key)
  const load = fleet.load(key)
  await load.everyGateway('serves', isServed)
  const putBack = copyOf(redis)
  await load.everyGateway('serves more', isServed)
  redis.kill('SIGKILL')
  await redis.ended()
  await load.everyGateway('has noticed', isAway)
  const sent = fleet.simulator.received.creates
  putBack()
  await redis.restart()
  await load.everyGateway('knows that something is lost', isLost)
  await load.stop()

  expect(fleet.simulator.received.creates, 'nothing was begun').toBe(sent)
  for (const gateway of fleet.gateways) expect(await gateway.call('GET', '/readyz')).toMatchObject({ status: 503, json: { detail: expect.stringMatching(LOST) } })
  for (const answer of await fleet.createMany(9, key)) expect(answer).toMatchObject({ status: 503, code: 'ledger_unavailable' })
  await confirm(fleet)
  const after = await fleet.createMany(9, key)
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 202))
  await eventually(async () => (await readiness(fleet)).every(({ status }) => status === 200), 'every gateway is ready')
  const known = (await allTasks(fleet.gateways[0])).map(task => task.task_id)
  for (const { taskId } of [...kept, ...after]) expect(known).toContain(taskId)
})

test('a revocation that Redis acknowledged and then lost is noticed, and creates are 503', async () => {
  const redis = await redisForTest({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const fleet = await startFleet({ redis })
  const { key, keyId } = await fleet.team(COUNTED)
  const putBack = copyOf(redis)
  expect(await fleet.admin('DELETE', `/admin/v1/keys/${keyId}`)).toMatchObject({ status: 204 })
  redis.kill('SIGKILL')
  await redis.ended()
  putBack()
  await redis.restart()

  const load = fleet.load(key, 1)
  await load.everyGateway('knows that something is lost', isLost)
  await load.stop()
})

/** Demands that the ledger comes to hold what upstream made: no more, no less, and under the ids that callers were told. */
async function expectWhole (fleet: Fleet, { key, answers }: { key: string, answers: readonly Answer[] }): Promise<void> {
  const { accepted, tasks } = fleet.simulator.received
  const held = async (): Promise<Listed[]> => (await allTasks(fleet.gateways[0])).filter(({ money }) => money === 'held')
  await eventually(async () => (await held()).every(({ status }) => status === 'pending'), 'all debts are paid')
  const listed = await held()
  expectNothingLost(tasks, listed)
  const known = new Set(listed.map(task => task.task_id))
  const told = answers.filter(isServed).map(({ taskId }) => taskId)
  expect(told).toHaveLength(accepted)
  expect(told.filter(taskId => !known.has(taskId ?? ''))).toEqual([])
  expect(await fleet.account(key)).toMatchObject({ inFlight: accepted, quotas: [{ used: accepted, held: accepted }] })
}

/** Keeps Redis's files as they are now. @returns what puts them in the place of those of later */
function copyOf ({ folder }: RedisServer): () => void {
  const files = join(folder, 'appendonlydir')
  const copy = join(folder, 'copy')
  cpSync(files, copy, { recursive: true })
  return () => {
    rmSync(files, { recursive: true })
    cpSync(copy, files, { recursive: true })
  }
}

async function confirm (fleet: Fleet): Promise<void> {
  expect(await fleet.admin('POST', '/admin/v1/ledger/confirm')).toMatchObject({ status: 204 })
}

function readiness ({ gateways }: Fleet) { return Promise.all(gateways.map(gateway => gateway.call('GET', '/readyz'))) }

async function hasLost (fleet: Fleet): Promise<boolean> {
  return (await readiness(fleet)).some(({ json }) => LOST.test(JSON.stringify(json)))
}
