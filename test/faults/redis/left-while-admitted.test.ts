// A caller that goes away while Redis is still being asked for its create, and comes back with the same body, does not buy twice.
import { expect, onTestFinished, test } from 'vitest'
import { COUNTED } from '../../support/account.ts'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, startGateway } from '../../support/gateway.ts'
import { startCountingProxy, type CountingProxy } from '../../support/redis/counting-proxy.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'

/** As many as it takes that a machine is fast enough: Redis has 250 ms to answer. */
const ROUNDS = 10

/** The script by which creates are admitted: the first that each of them sends. */
async function admitCommand (proxy: CountingProxy, create: () => Promise<unknown>): Promise<string> {
  const times = new Map<string, number>()
  proxy.reset()
  for (let call = 1; call <= 5; call++) await create()
  for (const command of proxy.commands) times.set(command, (times.get(command) ?? 0) + 1)
  return [...times].find(([command, count]) => command.startsWith('EVALSHA') && count === 5)?.[0] ?? 'none'
}

test('the same body again, while the first is still being admitted, is answered for its task', async () => {
  const redis = await redisForTest()
  const proxy = await startCountingProxy(redis.url)
  onTestFinished(() => proxy.stop())
  const gateway = await startGateway({ REDIS_URL: proxy.url })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team({ limits: COUNTED })
  const admit = await admitCommand(proxy, () => gateway.create(key))

  let joined = 0
  for (let round = 1; round <= ROUNDS && joined === 0; round++) {
    const body = { prompt: `a cat ${round}` }
    const before = gateway.simulator.received.creates
    const leaving = new AbortController()
    proxy.reset()
    const asked = (): number => proxy.commands.filter(command => command === admit).length
    redis.kill('SIGSTOP')
    const first = fetch(`${gateway.origin}${GENERATION}`, {
      method: 'POST', signal: leaving.signal, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-request-id': `first-${round}` }, body: JSON.stringify(body)
    })
    await eventually(() => asked() === 1, 'Redis was asked')
    leaving.abort()
    await expect(first).rejects.toThrow()
    await eventually(() => gateway.log().some(line => line['request_id'] === `first-${round}` && line['gone'] === true), 'the gateway noticed')
    const second = gateway.create(key, body)
    const other = gateway.create(key, { prompt: `a dog ${round}` })
    await eventually(() => asked() >= 2, 'the other one was asked for, which came last')
    redis.kill('SIGCONT')

    const [{ status, headers }, { status: ofOther }] = await Promise.all([second, other])
    if (status === 202 && headers['idempotency-replayed'] === 'true') joined++
    const bought = gateway.simulator.received.creates - before - (ofOther === 202 ? 1 : 0)
    expect(bought).toBeLessThanOrEqual(1)
    await eventually(async () => (await gateway.call('GET', '/readyz')).status === 200, 'Redis is back')
  }
  expect(joined).toBe(1)
})
