// The shared ledger behind Redis Sentinel: whoever is master, the gateway finds it by itself.
import { expect, onTestFinished, test } from 'vitest'
import { every } from '../../../src/jobs/every.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { eventually } from '../../support/eventually.ts'
import { present } from '../../support/present.ts'
import { askRedis, askRedisText } from '../../support/redis/ask-redis.ts'
import { startSentinel, type RedisSentinel } from '../../support/redis/redis-sentinel.ts'
import { silentLog } from '../../support/silent-log.ts'
import { COUNTED, expectExact, isLost, missingOf, startLoad } from './ledger-load.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'

const TEND_EVERY_MS = 100
/** Only the Sentinels know where the master is. */
const NOBODY = 'redis://127.0.0.1:1/0'

type Scene = OpenGateway & { sentinel: RedisSentinel, callers: readonly Caller[] }

/** A ledger that is found through Sentinels, watched as a gateway does it but more often, and some teams. */
async function aScene (): Promise<Scene> {
  const sentinel = await startSentinel()
  onTestFinished(() => sentinel.stop())
  const sentinels = sentinel.sentinels.map(({ host, port }) => ({ host, port }))
  const gateway = await openGateway({ ...addressOf(NOBODY), sentinels: { name: sentinel.name, sentinels } })
  const tending = every(TEND_EVERY_MS, silentLog, gateway.store.tend)
  onTestFinished(() => tending.stop())
  const callers = [await gateway.bench.caller(COUNTED), await gateway.bench.caller(COUNTED), await gateway.bench.caller(COUNTED)]
  return { ...gateway, sentinel, callers }
}

/** An operator tells the Sentinels to put the replica in the place of a master that is well. */
async function switchMaster ({ sentinels: [sentinel], name, replica }: RedisSentinel): Promise<void> {
  await askRedis(present(sentinel), 'SENTINEL', 'FAILOVER', name)
  // It disconnects everybody when it becomes one.
  const isMaster = (): Promise<boolean> => askRedisText(replica, 'INFO', 'replication').then(info => info.includes('role:master'), () => false)
  await eventually(isMaster, 'the replica is the master')
}

test.each([
  ['is killed', 'SIGKILL'],
  ['hangs', 'SIGSTOP']
] as const)('when the master %s, service comes back by itself on the promoted replica, and nothing acknowledged is missing unnoticed', async (_what, signal) => {
  const { bench, lines, sentinel: { master, replica }, callers } = await aScene()
  const load = startLoad(bench, callers)
  await load.goesOn(callers, 10)

  master.kill(signal)
  await eventually(() => callers.every(caller => load.of(caller).faults.length > 0), 'every caller notices')
  await load.goesOn(callers, 10)
  await load.stop()

  expect(await askRedisText(replica, 'INFO', 'replication')).toContain('role:master')
  expect(lines.map(({ message }) => message).filter(message => message.startsWith('ledger '))).toEqual(['ledger away', 'ledger back'])
  const missing = await Promise.all(callers.map(caller => missingOf(bench, load.of(caller))))
  if (missing.flat().length > 0) expect(await isLost(bench)).toBe(true)
  else for (const caller of callers) await expectExact(bench, load.of(caller))
})

test('a failover that Sentinel is asked for does not wait for the old master to be told: what that acknowledges meanwhile is lost, and this is noticed', async () => {
  const { bench, sentinel, callers } = await aScene()
  const load = startLoad(bench, callers)
  await load.goesOn(callers, 10)

  await switchMaster(sentinel)
  await eventually(() => isLost(bench), 'the loss is noticed')
  await load.stop()
  const [caller] = callers
  await bench.ledger.confirm()
  expect((await bench.ledger.admit(bench.order(present(caller)))).kind).toBe('admitted')
})
