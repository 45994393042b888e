// Gateways that come together, are overtaken, fall silent or are cut off neither take that for a loss of data nor end.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openGateway } from '../../stores/redis/open-gateway.ts'
import { addressOf } from '../../stores/redis/open-redis-ledger.ts'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet } from '../../support/fleet.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { startCountingProxy } from '../../support/redis/counting-proxy.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'

const PREFIX = 'together'
/** Longer than a gateway may be silent before the others take over from it. */
const SILENT_MS = 60_000

test('a gateway that finds an empty Redis, and is overtaken by another one that makes the ledger, does not take it for lost', async () => {
  const redis = await redisForTest()
  const proxy = await startCountingProxy(redis.url)
  onTestFinished(() => proxy.stop())
  const opening = openGateway(addressOf(proxy.url, PREFIX))
  // It has asked what there is, and is not answered before the other one has made everything.
  while (!proxy.commands.some(command => command.startsWith('HMGET'))) await nextTurn()
  proxy.stall()
  const fast = await openGateway(addressOf(redis.url, PREFIX))
  proxy.resume()
  const slow = await opening

  await fast.store.tend()
  for (const { store, bench } of [slow, fast]) {
    await expect(store.ledger.ping()).resolves.toBeUndefined()
    await bench.begin(await bench.caller())
  }
})

for (const first of ['looks', 'begins a task']) {
  test(`a gateway of which the others heard nothing for long, and that ${first} when it is back, goes on as before`, async () => {
    const { url } = await redisForTest()
    const clock = manualClock()
    const address = addressOf(url, PREFIX)
    const [one, silent] = [await openGateway(address, clock), await openGateway(address, clock)]
    const caller = await one.bench.caller()
    await one.bench.begin(caller)
    await silent.bench.begin(caller)
    clock.advance(SILENT_MS)
    for (let round = 1; round <= 3; round++) await one.store.tend()

    if (first === 'looks') await silent.store.tend()
    await silent.bench.begin(caller)
    for (const { store, bench } of [silent, one]) {
      await store.tend()
      await expect(store.ledger.ping()).resolves.toBeUndefined()
      await bench.begin(caller)
    }
  })
}

test('a gateway whose connections break in the moment when it asks to hear of changes again serves on', async () => {
  const proxy = await startCountingProxy((await redisForTest()).url)
  onTestFinished(() => proxy.stop())
  const fleet = await startFleet({ redis: proxy, size: 1 })
  const [gateway] = fleet.gateways
  const { key } = await fleet.team(COUNTED)
  await subscribes()
  proxy.reset()
  proxy.cut()
  await subscribes()
  proxy.stall()
  proxy.cut()
  proxy.resume()

  await eventually(async () => (await fleet.create(gateway, key)).status !== 503, 'Redis is found again')
  expect(await fleet.create(gateway, key)).toMatchObject({ status: 202 })

  async function subscribes (): Promise<void> {
    while (!proxy.commands.some(command => command.startsWith('SUBSCRIBE'))) await nextTurn()
  }
})
