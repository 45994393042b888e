// A task that MuleRouter accepted while Redis was stopped: its caller is answered, its line is in the log, and the ledger learns of it later.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet, type Answer, type Fleet } from '../../support/fleet.ts'
import { messagesOf } from '../../support/gateway-process.ts'
import { isListening } from '../../support/redis/listening.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'

/** A process that does not wait has ended by then. */
const A_WHILE_MS = 500

/** A fleet of one gateway, and what it answered to a create that was under way when Redis stopped. */
async function acceptedWhileStopped (): Promise<{ fleet: Fleet, redis: RedisServer, key: string, answer: Answer }> {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, size: 1 })
  const [gateway] = fleet.gateways
  const { key } = await fleet.team(COUNTED)
  const creating = fleet.create(gateway, key, { prompt: 'a cat [[hold]]' })
  await eventually(() => fleet.simulator.held === 1, 'the create arrived upstream')
  redis.kill('SIGSTOP')
  fleet.simulator.release()
  const answer = await creating
  expect(answer).toMatchObject({ status: 202, taskId: fleet.simulator.received.tasks[0] })
  expect(await gateway.logged('task submitted')).toMatchObject({ task_id: answer.taskId })
  expect(await gateway.logged('not recorded, trying again')).toMatchObject({ task_id: answer.taskId, outcome: 'accepted' })
  return { fleet, redis, key, answer }
}

test('a task that was accepted while Redis was stopped is in the ledger when that goes on', async () => {
  const { fleet, redis, key, answer: { taskId } } = await acceptedWhileStopped()
  const [gateway] = fleet.gateways
  redis.kill('SIGCONT')
  await eventually(async () => (await gateway.call('GET', '/readyz')).status === 200, 'Redis is back')
  await eventually(async () => (await gateway.tasks(key))[0]?.task_id === taskId, 'the debt is paid')
  expect(await gateway.tasks(key)).toEqual([{ task_id: taskId, status: 'pending', money: 'held' }])
  expect(await fleet.account(key)).toMatchObject({ inFlight: 1, quotas: [{ used: 1, held: 1 }] })
})

test('a gateway that is told to stop while Redis is away pays what it owes before it ends', async () => {
  const { fleet, redis, key, answer: { taskId } } = await acceptedWhileStopped()
  const [gateway] = fleet.gateways
  const { hostname: host, port } = new URL(gateway.origin)
  gateway.kill('SIGTERM')
  await eventually(async () => !await isListening({ host, port: Number(port) }), 'it takes no more calls')
  expect(await Promise.race([gateway.ended, pause(A_WHILE_MS, 'it waits')])).toBe('it waits')
  redis.kill('SIGCONT')

  const ended = await gateway.ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(messagesOf(ended.stdout)).toContain('recorded late')
  expect(messagesOf(ended.stdout)).not.toContain('never recorded')
  expect(await (await fleet.start()).tasks(key)).toEqual([{ task_id: taskId, status: 'pending', money: 'held' }])
})
