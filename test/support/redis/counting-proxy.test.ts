// What a test learns from the proxy, and the faults that it can cause, with a real client and a real server.
import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { startCountingProxy, type CountingProxy } from './counting-proxy.ts'
import { startRedis, type RedisServer } from './redis-server.ts'
import { uniquePrefix } from './shared-redis.ts'

let server: RedisServer
beforeAll(async () => { server = await startRedis() })
afterAll(() => server.stop())

/** A proxy, and a client of it that neither repeats commands nor keeps them for later. */
async function proxied (): Promise<{ proxy: CountingProxy, client: Redis, key: string }> {
  const proxy = await startCountingProxy(server.url)
  onTestFinished(() => proxy.stop())
  const client = new Redis(proxy.url, { lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false })
  client.on('error', () => {})
  onTestFinished(() => client.disconnect())
  await client.connect()
  proxy.reset()
  return { proxy, client, key: uniquePrefix() }
}

test('one command is one round trip, and is named', async () => {
  const { proxy, client, key } = await proxied()
  expect(proxy).toMatchObject({ roundTrips: 0, commands: [] })
  expect(await client.get(key)).toBe(null)
  expect(proxy).toMatchObject({ roundTrips: 1, commands: ['GET'] })
})

test('commands one after the other are as many round trips', async () => {
  const { proxy, client, key } = await proxied()
  await client.incr(key)
  await client.incr(key)
  await client.hgetall(`${key}h`)
  expect(proxy).toMatchObject({ roundTrips: 3, commands: ['INCR', 'INCR', 'HGETALL'] })
})

test('a pipeline, a transaction in one, and commands of one turn are one round trip', async () => {
  const { proxy, client, key } = await proxied()
  await client.pipeline().set(key, 'x'.repeat(100_000)).get(key).zadd(`${key}z`, 1, 'a').zrange(`${key}z`, 0, '-1', 'WITHSCORES').exec()
  expect(proxy).toMatchObject({ roundTrips: 1, commands: ['SET', 'GET', 'ZADD', 'ZRANGE'] })
  proxy.reset()
  await client.multi().incr(`${key}n`).hset(`${key}h`, 'a', 1).hgetall(`${key}h`).exec()
  expect(proxy).toMatchObject({ roundTrips: 1, commands: ['MULTI', 'INCR', 'HSET', 'HGETALL', 'EXEC'] })
  proxy.reset()
  await Promise.all([client.get(key), client.ping()])
  expect(proxy).toMatchObject({ roundTrips: 1, commands: ['GET', 'PING'] })
})

test('a script is named by its digest, and one that Redis did not have is two round trips', async () => {
  const { proxy, client, key } = await proxied()
  const script = `return redis.call('INCR', KEYS[1]) -- ${key}`
  const sha = createHash('sha1').update(script).digest('hex')
  await expect(client.evalsha(sha, 1, key)).rejects.toThrow('NOSCRIPT')
  expect(await client.eval(script, 1, key)).toBe(1)
  expect(proxy).toMatchObject({ roundTrips: 2, commands: [`EVALSHA ${sha}`, 'EVAL'] })
  proxy.reset()
  expect(await client.evalsha(sha, 1, key)).toBe(2)
  expect(proxy).toMatchObject({ roundTrips: 1, commands: [`EVALSHA ${sha}`] })
})

test('a subscriber counts, and its messages disturb nothing', async () => {
  const { proxy, client, key } = await proxied()
  const messages: string[] = []
  client.on('message', (_channel, message) => messages.push(message))
  await client.subscribe(key)
  const publisher = server.client()
  await publisher.publish(key, 'hello')
  await eventually(() => messages.length === 1, 'the message arrived')
  expect(proxy).toMatchObject({ roundTrips: 1, commands: ['SUBSCRIBE'] })
})

test('in a stall nothing is answered, and nothing is lost', async () => {
  const { proxy, client, key } = await proxied()
  proxy.stall()
  const reply = client.incr(key)
  const direct = server.client()
  for (let time = 0; time < 20; time++) expect(await direct.get(key)).toBe(null)
  expect(proxy.commands).toEqual([])
  proxy.resume()
  expect(await reply).toBe(1)
})

test('in a stall a new connection is taken and not answered', async () => {
  const { proxy } = await proxied()
  proxy.stall()
  const late = new Redis(proxy.url)
  onTestFinished(() => late.disconnect())
  const reply = late.ping()
  await eventually(() => late.status === 'connect', 'the connection is there')
  expect(proxy.commands).toEqual([])
  proxy.resume()
  expect(await reply).toBe('PONG')
})

test('a cut fails what is under way, and the client can come back', async () => {
  const { proxy, client, key } = await proxied()
  proxy.stall()
  const reply = client.incr(key)
  proxy.cut()
  await expect(reply).rejects.toThrow()
  proxy.resume()
  await eventually(() => client.status === 'ready', 'the client is back')
  expect(await client.incr(key)).toBe(1)
})

test('a reply is dropped after the command was carried out, and no later reply takes its place', async () => {
  const { proxy, client, key } = await proxied()
  proxy.dropReplies()
  const reply = client.incr(key)
  reply.catch(() => {})
  await eventually(async () => await server.client().get(key) === '1', 'the command was carried out')
  expect(proxy.commands).toEqual(['INCR'])
  proxy.resume()
  await expect(reply).rejects.toThrow()
  await eventually(() => client.status === 'ready', 'the client is back')
  expect(await client.incr(key)).toBe(2)
})

test('while Redis is away, a client of the proxy is disconnected', async () => {
  const own = await startRedis()
  onTestFinished(() => own.stop())
  const proxy = await startCountingProxy(own.url)
  onTestFinished(() => proxy.stop())
  own.kill('SIGKILL')
  await own.ended()
  const client = new Redis(proxy.url, { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => {})
  await expect(client.connect()).rejects.toThrow()
})

test('a client that goes leaves no connection to Redis behind', async () => {
  const { client, key } = await proxied()
  await client.client('SETNAME', key)
  const direct = server.client()
  expect(await direct.client('LIST')).toContain(key)
  client.disconnect()
  await eventually(async () => !String(await direct.client('LIST')).includes(key), 'its connection is gone')
})

test('the URL keeps all but the address', async () => {
  const proxy = await startCountingProxy(server.url.replace('127.0.0.1', 'user:secret@127.0.0.1') + '/3')
  onTestFinished(() => proxy.stop())
  expect(proxy.url).toBe(`redis://user:secret@127.0.0.1:${proxy.port}/3`)
})
