// A gateway opens its ledger only on a Redis that can be trusted with money, and says in one line why it does not.
import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkNode, closeClient, connect, redisClient, RedisUnusable } from '../../../src/stores/redis/connection.ts'
import { keptLog } from '../../support/kept-log.ts'
import { eventually } from '../../support/eventually.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { startRedis, type RedisServer } from '../../support/redis/redis-server.ts'
import { startTlsRedis, type TlsRedis } from '../../support/redis/redis-tls.ts'
import { silentLog } from '../../support/silent-log.ts'
import { openGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'

/** A wrong answer does not get better by waiting, and a gateway waits 15 s for what may. */
const AT_ONCE = { timeout: 10_000 }

/** The line by which a start is refused. @throws if it is not refused, or not as planned */
async function refusal (opening: Promise<unknown>): Promise<string> {
  const error: unknown = await opening.then(() => new Error('it was opened'), (error: unknown) => error)
  if (!(error instanceof RedisUnusable)) throw error
  expect(error.message).toMatch(/^REDIS_URL.+$/)
  return error.message
}

/** The URL with this user and password in it. */
function withLogin ({ url }: RedisServer, user: string, password: string): string {
  return url.replace('://', `://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`)
}

describe('what Redis must be', () => {
  test('a Redis that was started with a policy that drops keys is refused', AT_ONCE, async () => {
    const server = await redisForTest({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    const line = await refusal(openGateway(addressOf(server.url)))
    expect(line).toContain('allkeys-lru')
    expect(line).toContain('set it to noeviction')
  })

  test('every policy but noeviction is refused, and nothing is left in Redis, nor a connection to it', async () => {
    const server = await redisForTest()
    const client = server.client()
    for (const policy of ['allkeys-lfu', 'allkeys-lru', 'allkeys-random', 'volatile-lfu', 'volatile-lru', 'volatile-random', 'volatile-ttl']) {
      await client.config('SET', 'maxmemory-policy', policy)
      expect(await refusal(openGateway(addressOf(server.url)))).toContain(`maxmemory-policy ${policy}`)
    }
    expect(await client.dbsize()).toBe(0)
    await eventually(async () => String(await client.client('LIST')).trim().split('\n').length === 1, 'no connection is left but this')
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    await expect(openGateway(addressOf(server.url))).resolves.toBeDefined()
  })

  test('a Redis that appends nothing to a file is taken, with an error in the log that names the setting', async () => {
    const server = await redisForTest({ args: ['--appendonly', 'no'] })
    const { lines } = await openGateway(addressOf(server.url))
    expect(lines).toEqual([{ level: 'error', facts: { setting: 'appendonly no' }, message: expect.stringContaining('append-only file') }])
  })

  test('a Redis that appends to a file is taken without a word', async () => {
    const server = await redisForTest({ args: ['--appendonly', 'yes'] })
    expect((await openGateway(addressOf(server.url))).lines).toEqual([])
  })

  const infoOf = (facts: Record<string, string>): string => {
    const all = { redis_version: '7.0.0', maxmemory_policy: 'noeviction', aof_enabled: '1', ...facts }
    return `# Everything\r\n${Object.entries(all).map(([name, value]) => `${name}:${value}\r\n`).join('')}`
  }

  for (const version of ['2.8.24', '5.0.14', '6.2.14', '6.9.241']) {
    test(`Redis ${version} is refused by a line that names it and the oldest that is good`, () => {
      expect(() => checkNode(infoOf({ redis_version: version }), silentLog)).toThrow(RedisUnusable)
      expect(() => checkNode(infoOf({ redis_version: version }), silentLog)).toThrow(`is Redis ${version}; 7.0 or newer is needed`)
    })
  }

  for (const version of ['7.0.0', '7.2.5', '8.0.1', '10.0.0']) {
    test(`Redis ${version} is new enough`, () => {
      const { log, lines } = keptLog()
      checkNode(infoOf({ redis_version: version }), log)
      expect(lines).toEqual([])
    })
  }

  test('what says neither version nor policy is refused', () => {
    expect(() => checkNode('', silentLog)).toThrow(RedisUnusable)
    expect(() => checkNode('redis_version:7.0.0\r\n', silentLog)).toThrow(RedisUnusable)
  })
})

describe('who may use it', () => {
  const PASSWORD = 'canary-p@ss/w#rd:%'

  test('user, password and number of the database are those of the URL', async () => {
    const server = await redisForTest()
    const client = server.client({ db: 3 })
    await client.acl('SETUSER', 'gate:way@1', 'on', `>${PASSWORD}`, '~*', '&*', '+@all')
    await client.acl('SETUSER', 'default', 'resetpass', `>${PASSWORD}`)
    const { bench } = await openGateway(addressOf(`${withLogin(server, 'gate:way@1', PASSWORD)}/3`))
    await bench.caller()
    expect(String(await client.client('LIST'))).toContain('user=gate:way@1')
    expect(await client.dbsize()).toBeGreaterThan(0)
    await client.select(0)
    expect(await client.dbsize()).toBe(0)
  })

  test('a password alone is that of the default user', async () => {
    const server = await redisForTest({ args: ['--requirepass', PASSWORD] })
    await expect(openGateway(addressOf(withLogin(server, '', PASSWORD)))).resolves.toBeDefined()
  })

  test('a wrong password is refused at once by a line that names REDIS_URL and shows no password', AT_ONCE, async () => {
    const server = await redisForTest({ args: ['--requirepass', 'the right one'] })
    const line = await refusal(openGateway(addressOf(withLogin(server, '', PASSWORD))))
    expect(line).toMatch(/^REDIS_URL: refuses user or password/)
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'the right one']) expect(line).not.toContain(secret)
  })

  test('a user that does not exist is refused at once', AT_ONCE, async () => {
    const server = await redisForTest()
    expect(await refusal(openGateway(addressOf(withLogin(server, 'nobody', PASSWORD))))).toMatch(/^REDIS_URL: refuses user or password/)
  })

  test('no password where one is needed is refused at once', AT_ONCE, async () => {
    const server = await redisForTest({ args: ['--requirepass', PASSWORD] })
    expect(await refusal(openGateway(addressOf(server.url)))).toMatch(/^REDIS_URL: refuses user or password/)
  })
})

describe('TLS', () => {
  async function tlsForTest (): Promise<TlsRedis> {
    const server = await startTlsRedis()
    onTestFinished(() => server.stop())
    return server
  }

  for (const host of ['localhost', '127.0.0.1']) {
    test(`a Redis on ${host} is taken if an authority of REDIS_TLS_CA_FILE has signed its certificate`, AT_ONCE, async () => {
      const server = await tlsForTest()
      const { bench } = await openGateway({ ...addressOf(server.url.replace('127.0.0.1', host)), tlsCa: readFileSync(server.caFile, 'utf8') })
      await bench.admit(await bench.caller())
    })
  }

  test('without that authority it is refused at once', AT_ONCE, async () => {
    const server = await tlsForTest()
    expect(await refusal(openGateway(addressOf(server.url.replace('127.0.0.1', 'localhost'))))).toMatch(/certificate/)
  })

  test('a Redis whose certificate is another host\'s is refused at once', AT_ONCE, async () => {
    const server = await tlsForTest()
    // The same host by a name that is not in its certificate.
    const address = addressOf(server.url.replace('127.0.0.1', '127.1'))
    expect(await refusal(openGateway({ ...address, tlsCa: readFileSync(server.caFile, 'utf8') }))).toMatch(/certificate/)
  })
})

describe('a Redis that is not there', () => {
  test('is waited for while it starts', async () => {
    const gone = await redisForTest()
    await gone.stop()
    const opening = openGateway(addressOf(gone.url))
    const server = await startRedis({ port: gone.port })
    onTestFinished(() => server.stop())
    const { bench } = await opening
    await bench.admit(await bench.caller())
  })

  test('is waited for, which is said once', async () => {
    const gone = await redisForTest()
    await gone.stop()
    const { log, lines } = keptLog()
    const client = redisClient(addressOf(gone.url))
    onTestFinished(() => closeClient(client))
    const connecting = connect(client, log)
    await eventually(() => lines.length > 0, 'it is said')
    const refusals = { seen: 0 }
    client.on('error', () => { refusals.seen++ })
    await eventually(() => refusals.seen > 1, 'it was refused again')
    const server = await startRedis({ port: gone.port, args: ['--appendonly', 'yes'] })
    onTestFinished(() => server.stop())
    await connecting
    expect(lines).toEqual([{ level: 'warn', facts: { reason: expect.stringContaining('ECONNREFUSED') }, message: 'waiting for Redis' }])
  })

  test('is given up in the end, whether nobody listens or nobody answers', async () => {
    const [gone, silent] = await Promise.all([redisForTest(), redisForTest()])
    await gone.stop()
    silent.kill('SIGSTOP')
    const lines = await Promise.all([gone, silent].map(({ url }) => refusal(openGateway(addressOf(url)))))
    for (const line of lines) expect(line).toMatch(/^REDIS_URL: cannot be reached: .+/)
    expect(lines[0]).toContain('ECONNREFUSED')
  })
})
