// User and password of Redis are changed in the file of REDIS_URL, while creates are under way: on a real Redis, by every way in which it knows passwords.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { startCluster } from '../../support/redis/redis-cluster.ts'
import { startSentinel } from '../../support/redis/redis-sentinel.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const OLD = 'canary-old-password'
const NEW = 'canary-new-password'
const RENEWED = 'Redis login renewed'
const REFUSED = 'Redis refuses the new login, connections stay as they are'
const EVERYTHING = ['on', '~*', '&*', '+@all'] as const

type Started = { gateway: Gateway, key: string, write (url: string): void }

/** A gateway whose URL of Redis is in a file. Only inside a test; its log shows no password. */
async function start (url: string, env: Record<string, string> = {}): Promise<Started> {
  const file = join(tempFolder(), 'redis-url')
  writeFileSync(file, url)
  const gateway = await startGateway({ REDIS_URL_FILE: file, ...env })
  onTestFinished(async () => {
    const log = JSON.stringify(gateway.log())
    await gateway.stop()
    expect(log).not.toContain('canary')
    expect(readFileSync(file, 'utf8')).toContain('canary')
  })
  return {
    gateway,
    key: (await gateway.team()).key,
    write (next) {
      writeFileSync(`${file}.next`, next)
      renameSync(`${file}.next`, file)
    }
  }
}

function urlOf ({ host, port }: { host: string, port: number }, password: string, user = ''): string { return `redis://${user}:${password}@${host}:${port}` }

/** Creates without a pause, until they are stopped. */
function load ({ gateway, key }: Started): { replies: Reply[], more (count: number): Promise<void>, stop (): Promise<void> } {
  const replies: Reply[] = []
  const end = new AbortController()
  onTestFinished(() => end.abort())
  const callers = Array.from({ length: 3 }, async () => { while (!end.signal.aborted) replies.push(await gateway.create(key)) })
  return {
    replies,
    async more (count) {
      const until = replies.length + count
      await eventually(() => replies.length >= until, 'creates are answered')
    },
    async stop () {
      end.abort()
      await Promise.all(callers)
    }
  }
}

function said ({ gateway }: Started, message: string): number { return gateway.log().filter(({ msg }) => msg === message).length }

/** The users of all connections of the gateway, which are those that the test's own are not. */
async function usersOf (admin: Redis): Promise<string[]> {
  const list = String(await admin.client('LIST'))
  return list.trim().split('\n').filter(line => !line.includes('name=test')).map(line => /user=(\S+)/.exec(line)?.[1] ?? '')
}

async function killAll (admin: Redis): Promise<void> { await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes') }

async function openServer (): Promise<{ server: RedisServer, admin: Redis }> {
  const server = await redisForTest()
  return { server, admin: server.client({ connectionName: 'test' }) }
}

/** Every create was accepted, and what was told is what is there. */
async function expectServed ({ gateway, key }: Started, replies: readonly Reply[]): Promise<void> {
  expect(replies.map(({ status }) => status).filter(status => status !== 202)).toEqual([])
  expect(replies.length).toBeGreaterThan(0)
  expect(gateway.simulator.received.accepted).toBe(replies.length)
  expect((await gateway.create(key)).status).toBe(202)
}

test('the password is changed under load, file first: no create fails, and connections that are killed come back with the new one', async () => {
  const { server, admin } = await openServer()
  await admin.config('SET', 'requirepass', OLD)
  const started = await start(urlOf(server, OLD))
  const running = load(started)
  await running.more(20)
  started.write(urlOf(server, NEW))
  await eventually(() => said(started, REFUSED) > 0, 'the log says that Redis does not know the new password yet')
  await running.more(20)
  await admin.config('SET', 'requirepass', NEW)
  await eventually(() => said(started, RENEWED) > 0, 'the connections log in anew')
  await running.more(20)
  await running.stop()
  await expectServed(started, running.replies)
  expect(said(started, REFUSED)).toBe(1)

  await killAll(admin)
  await eventually(async () => (await started.gateway.create(started.key)).status === 202, 'the connections are back')
})

test('the password is changed under load, Redis first: no create fails either', async () => {
  const { server, admin } = await openServer()
  await admin.config('SET', 'requirepass', OLD)
  const started = await start(urlOf(server, OLD))
  const running = load(started)
  await running.more(20)
  await admin.config('SET', 'requirepass', NEW)
  await running.more(20)
  started.write(urlOf(server, NEW))
  await eventually(() => said(started, RENEWED) > 0, 'the connections log in anew')
  await running.more(20)
  await running.stop()
  await expectServed(started, running.replies)
})

test('another user takes over under load: by the time the old one is deleted all connections are the new one\'s, and no create fails', async () => {
  const { server, admin } = await openServer()
  await admin.acl('SETUSER', 'blue', ...EVERYTHING, `>${OLD}`)
  await admin.acl('SETUSER', 'green', ...EVERYTHING, `>${NEW}`)
  const started = await start(urlOf(server, OLD, 'blue'))
  const running = load(started)
  await running.more(20)
  expect(new Set(await usersOf(admin))).toEqual(new Set(['blue']))
  started.write(urlOf(server, NEW, 'green'))
  await eventually(async () => (await usersOf(admin)).every(user => user === 'green'), 'every connection is the new user\'s, subscriber and front door included')
  await admin.acl('DELUSER', 'blue')
  await running.more(20)
  await running.stop()
  await expectServed(started, running.replies)
})

test('the user is deleted before the file is changed: when it is, connections come back by themselves', async () => {
  const { server, admin } = await openServer()
  await admin.acl('SETUSER', 'blue', ...EVERYTHING, `>${OLD}`)
  const started = await start(urlOf(server, OLD, 'blue'))
  await admin.acl('DELUSER', 'blue')
  await eventually(async () => (await started.gateway.create(started.key)).status === 503, 'the gateway is locked out')
  await admin.acl('SETUSER', 'green', ...EVERYTHING, `>${NEW}`)
  started.write(urlOf(server, NEW, 'green'))
  await eventually(async () => (await started.gateway.create(started.key)).status === 202, 'the gateway is back')
  await eventually(async () => (await usersOf(admin)).filter(user => user === 'green').length >= 3, 'so are the other connections')
})

test('another scheme, host, port or database is another ledger: refused, with the old one kept', async () => {
  const { server, admin } = await openServer()
  await admin.config('SET', 'requirepass', OLD)
  const started = await start(urlOf(server, OLD))
  const others = [urlOf({ ...server, host: 'localhost' }, NEW), urlOf({ ...server, port: server.port + 1 }, NEW), `${urlOf(server, NEW)}/1`, urlOf(server, NEW).replace('redis:', 'rediss:')]
  for (const [index, url] of others.entries()) {
    started.write(url)
    await eventually(() => said(started, 'secret file refused, the old secret is kept') > index, 'the log says it')
    expect((await started.gateway.create(started.key)).status).toBe(202)
  }
  expect(started.gateway.log().findLast(({ msg }) => msg === 'secret file refused, the old secret is kept'))
    .toMatchObject({ variable: 'REDIS_URL_FILE', problem: 'names another scheme, host, port or database, which is another ledger: a restart is needed' })
  await killAll(admin)
  await eventually(async () => (await started.gateway.create(started.key)).status === 202, 'the connections are back, with the old password')
})

test('in a cluster every node is logged in at anew', async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster.stop())
  const admins = cluster.nodes.map(node => node.client({ connectionName: 'test' }))
  for (const admin of admins) {
    await admin.acl('SETUSER', 'blue', ...EVERYTHING, `>${OLD}`)
    await admin.acl('SETUSER', 'green', ...EVERYTHING, `>${NEW}`)
  }
  const [node = { host: '', port: 0 }] = cluster.nodes
  const started = await start(urlOf(node, OLD, 'blue'), { REDIS_CLUSTER: 'true' })
  const running = load(started)
  await running.more(20)
  started.write(urlOf(node, NEW, 'green'))
  await eventually(() => said(started, RENEWED) > 0, 'the connections log in anew')
  await running.more(20)
  await running.stop()
  await expectServed(started, running.replies)
  for (const admin of admins) await admin.acl('DELUSER', 'blue')
  await eventually(async () => (await started.gateway.create(started.key)).status === 202, 'the gateway works on as the new user')
})

test('with Sentinel the next connection is the new user\'s, also to the master that took over', async () => {
  const sentinel = await startSentinel()
  onTestFinished(() => sentinel.stop())
  const admins = [sentinel.master, sentinel.replica].map(node => node.client({ connectionName: 'test' }))
  for (const admin of admins) {
    await admin.acl('SETUSER', 'blue', ...EVERYTHING, `>${OLD}`)
    await admin.acl('SETUSER', 'green', ...EVERYTHING, `>${NEW}`)
  }
  const started = await start(urlOf(sentinel.master, OLD, 'blue'), { REDIS_SENTINEL: `${sentinel.name}@${sentinel.sentinels.map(({ host, port }) => `${host}:${port}`).join()}` })
  started.write(urlOf(sentinel.master, NEW, 'green'))
  await eventually(() => said(started, RENEWED) > 0, 'the connections log in anew')
  for (const admin of admins) await admin.acl('DELUSER', 'blue')
  expect((await started.gateway.create(started.key)).status).toBe(202)
  sentinel.master.kill('SIGKILL')
  const [, replica] = admins
  await eventually(async () => replica !== undefined && (await usersOf(replica)).includes('green'), 'the gateway is at the new master')
  await eventually(async () => (await started.gateway.read(started.key, 'no-such-task')).status === 404, 'the ledger is read there')
})
