// While Redis is away nobody waits for it, and it is used again as soon as it answers.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { eventually } from '../../support/eventually.ts'
import { startCountingProxy, type CountingProxy } from '../../support/redis/counting-proxy.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { failureOf, linkTo, type LinkForTest } from './link-for-test.ts'

const KEY = 'a-key'
const AWAY = { level: 'error', facts: {}, message: 'ledger away' }
const BACK = { level: 'warn', facts: {}, message: 'ledger back' }

/** A link that leads through a proxy, and a client that does not. */
async function proxied (): Promise<LinkForTest & { proxy: CountingProxy, direct: Redis }> {
  const server = await redisForTest()
  const proxy = await startCountingProxy(server.url)
  onTestFinished(() => proxy.stop())
  const opened = await linkTo(proxy.url)
  proxy.reset()
  return { ...opened, proxy, direct: server.client() }
}

/** What a promise comes to before anything can arrive from anywhere. */
function atOnce<Value> (promise: Promise<Value>): Promise<Value | 'still waiting'> {
  return Promise.race([promise, new Promise<'still waiting'>(resolve => { setImmediate(() => resolve('still waiting')) })])
}

/** Keeps the event loop busy. */
function block (ms: number): void { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms) }

test('an answer that comes late, but in time, is given', async () => {
  const { link } = await linkTo((await redisForTest()).url)
  expect(await link.ask('any', redis => redis.blpop(KEY, 0.1))).toBe(null)
  expect(link.isAway('any')).toBe(false)
})

describe('a Redis that stalls', () => {
  test('is away after about 250 ms, and nobody knows what it has done: it may do it later', async () => {
    const { link, proxy, direct } = await proxied()
    proxy.stall()
    const beganMs = performance.now()
    expect((await failureOf(link.ask('any', redis => redis.incr(KEY)))).untouched).toBe(false)
    const tookMs = performance.now() - beganMs
    expect(tookMs).toBeGreaterThan(200)
    expect(tookMs).toBeLessThan(5000)
    expect(await direct.get(KEY)).toBe(null)
    proxy.resume()
    await eventually(async () => await direct.get(KEY) === '1', 'it is done after all')
  })

  test('is asked nothing more, and everybody is told at once that it has not been', async () => {
    const { link, proxy, direct } = await proxied()
    proxy.stall()
    await failureOf(link.ask('any', redis => redis.get(KEY)))
    expect(link.isAway('any')).toBe(true)
    for (let time = 0; time < 20; time++) {
      expect(await atOnce(failureOf(link.ask('00', redis => redis.incr(KEY))))).toMatchObject({ untouched: true })
    }
    proxy.resume()
    await eventually(() => !link.isAway('any'), 'it is back')
    expect(proxy.commands).toEqual(['GET', 'EXISTS'])
    expect(await direct.get(KEY)).toBe(null)
  })

  test('fails all that wait for it, however many those are, and is one line in the log', async () => {
    const { link, proxy, lines } = await proxied()
    proxy.stall()
    const failures = await Promise.all(Array.from({ length: 100 }, () => failureOf(link.ask('any', redis => redis.get(KEY)))))
    expect(failures.map(({ untouched }) => untouched)).toEqual(Array.from({ length: 100 }, () => false))
    expect(lines).toEqual([AWAY])
    proxy.resume()
    await eventually(() => !link.isAway('any'), 'it is back')
    expect(lines).toEqual([AWAY, BACK])
  })
})

test('commands of one turn of the event loop are sent together, and answered each by itself', async () => {
  const server = await redisForTest()
  const { link } = await linkTo(server.url)
  const direct = server.client()
  const reads = async (): Promise<number> => Number(/^total_reads_processed:(\d+)/m.exec(await direct.info('stats'))?.[1])
  const before = await reads()
  const replies = await Promise.all(Array.from({ length: 100 }, async () => {
    await null
    return link.ask('any', redis => redis.incr(KEY))
  }))
  expect(replies).toEqual(Array.from({ length: 100 }, (_, place) => place + 1))
  expect(await reads() - before).toBeLessThan(20)
})

test('each of many turns has its own time for an answer', async () => {
  const { link, proxy } = await proxied()
  expect(await link.ask('any', redis => redis.get(KEY))).toBe(null)
  proxy.stall()
  const tookMs: number[] = []
  const failures: Array<Promise<LedgerUnavailable>> = []
  for (let turn = 0; turn < 5; turn++) {
    const beganMs = performance.now()
    const failure = failureOf(link.ask('any', redis => redis.get(KEY)))
    failures.push(failure)
    failure.then(() => tookMs.push(performance.now() - beganMs), () => {})
    block(30)
    await new Promise(resolve => { setImmediate(resolve) })
  }
  expect((await Promise.all(failures)).map(({ untouched }) => untouched)).toEqual([false, false, false, false, false])
  expect(Math.min(...tookMs)).toBeGreaterThan(200)
})

type Fault = { begin (server: RedisServer, proxy: CountingProxy): void, end (server: RedisServer, proxy: CountingProxy): void | Promise<void> }

const faults: Record<string, Fault> = {
  'that stalls': { begin: (_, proxy) => proxy.stall(), end: (_, proxy) => proxy.resume() },
  'that is stopped': { begin: server => server.kill('SIGSTOP'), end: server => server.kill('SIGCONT') },
  'that dies and is started again': { begin: server => server.kill('SIGKILL'), end: server => server.restart() },
  'whose connections are cut': { begin: (_, proxy) => proxy.cut(), end: () => {} },
  // In these the connection is lost while it is already known to be away.
  'that stalls until the connections are cut': {
    begin: (_, proxy) => proxy.stall(),
    end (_, proxy) {
      proxy.cut()
      proxy.resume()
    }
  },
  'that is stopped until it is started again': { begin: server => server.kill('SIGSTOP'), end: server => server.restart() },
  'whose replies are lost': { begin: (_, proxy) => proxy.dropReplies(), end: (_, proxy) => proxy.resume() }
}

for (const [what, { begin, end }] of Object.entries(faults)) {
  test(`a Redis ${what} is used again without anybody's help, again and again`, async () => {
    const server = await redisForTest()
    const proxy = await startCountingProxy(server.url)
    onTestFinished(() => proxy.stop())
    const { link, lines } = await linkTo(proxy.url)
    for (let time = 1; time <= 2; time++) {
      begin(server, proxy)
      await failureOf(link.ask('any', redis => redis.get(KEY)))
      await end(server, proxy)
      await eventually(() => !link.isAway('any'), 'it is back')
      expect(await link.ask('any', redis => redis.ping())).toBe('PONG')
    }
    expect(lines).toEqual([AWAY, BACK, AWAY, BACK])
  })
}

describe('a connection that is lost', () => {
  test('while a command is under way leaves it unknown what was done, and the command is not sent again', async () => {
    const { link, proxy, direct } = await proxied()
    proxy.dropReplies()
    const failure = failureOf(link.ask('any', redis => redis.incr(KEY)))
    await eventually(async () => await direct.get(KEY) === '1', 'the command was done')
    proxy.cut()
    expect((await failure).untouched).toBe(false)
    proxy.resume()
    await eventually(() => !link.isAway('any'), 'it is back')
    await link.ask('any', redis => redis.ping())
    expect(proxy.commands.filter(name => name === 'INCR')).toHaveLength(1)
    expect(await direct.get(KEY)).toBe('1')
  })

  test('fails what is under way when it is lost, not when the time for an answer is over', async () => {
    const { link, proxy } = await proxied()
    proxy.stall()
    const failure = failureOf(link.ask('any', redis => redis.incr(KEY)))
    proxy.cut()
    expect(String((await failure).cause)).not.toContain('has not answered')
  })

  test('before a command is sent leaves nothing done', async () => {
    const server = await redisForTest()
    const { link, client } = await linkTo(server.url)
    server.kill('SIGKILL')
    await eventually(() => client.status !== 'ready', 'the client knows that the connection is lost')
    expect(link.isAway('any')).toBe(false)
    expect(await atOnce(failureOf(link.ask('any', redis => redis.incr(KEY))))).toMatchObject({ untouched: true })
    expect(link.isAway('any')).toBe(true)
    await server.restart()
    await eventually(() => !link.isAway('any'), 'it is back')
    expect(await server.client().get(KEY)).toBe(null)
  })
})

test('an event loop that was busy for longer than an answer may take is no outage', async () => {
  const { link, lines } = await linkTo((await redisForTest()).url)
  for (let time = 1; time <= 3; time++) {
    const replies = Promise.all(Array.from({ length: 50 }, () => link.ask('any', redis => redis.incr(KEY))))
    block(400)
    expect((await replies).at(-1)).toBe(time * 50)
    expect(link.isAway('any')).toBe(false)
  }
  expect(lines).toEqual([])
})

test('a process does not end before everybody who waits in it is told, also if no connection keeps it', async () => {
  const program = `
    import { Redis } from 'ioredis'
    import { openLink } from ${JSON.stringify(new URL('../../../src/stores/redis/link.ts', import.meta.url))}
    const nothing = () => {}
    const link = openLink({ client: new Redis({ lazyConnect: true }), log: { debug: nothing, info: nothing, warn: nothing, error: nothing }, probe: async () => {}, apart: false })
    console.log(await link.ask('any', () => new Promise(nothing)).catch(error => error.name))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(stdout.trim()).not.toBe('')
})

test('a link that is closed while Redis is away leaves no connection behind', async () => {
  const { link, proxy, direct } = await proxied()
  proxy.stall()
  await failureOf(link.ask('any', redis => redis.get(KEY)))
  await link.close()
  proxy.resume()
  await eventually(async () => String(await direct.client('LIST')).trim().split('\n').length === 1, 'no connection is left but this')
})
