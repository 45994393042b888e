// A server of a test's own: it starts, stops, comes back, and never stays behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from '../eventually.ts'
import { tempFolder } from '../temp-folder.ts'
import { askRedis } from './ask-redis.ts'
import { isListening } from './listening.ts'
import { redisForTest } from './redis-for-test.ts'
import { HOST, startRedis } from './redis-server.ts'

const APPEND_ALWAYS = ['--appendonly', 'yes', '--appendfsync', 'always']

test('a server answers as soon as it is started, and keeps nothing on disk', async () => {
  const server = await redisForTest()
  const client = server.client({ enableOfflineQueue: false, lazyConnect: true })
  await client.connect()
  expect(await client.ping()).toBe('PONG')
  await client.set('a', '1')
  expect(await client.config('GET', 'save')).toEqual(['save', ''])
  expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'no'])
  expect(readdirSync(server.folder)).toEqual([])
})

test('two servers are two', async () => {
  const [one, other] = await Promise.all([redisForTest(), redisForTest()])
  await one.client().set('a', 'one')
  expect(await other.client().get('a')).toBe(null)
  expect(one.folder).not.toBe(other.folder)
})

test('a server that is stopped answers when it may go on, also what came meanwhile', async () => {
  const server = await redisForTest()
  const client = server.client()
  await client.ping()
  server.kill('SIGSTOP')
  const reply = client.incr('while it was stopped')
  await expect(askRedis({ ...server, answerMs: 200 }, 'PING')).rejects.toThrow('timed out')
  server.kill('SIGCONT')
  expect(await reply).toBe(1)
})

test('after a kill, a restart brings back what was appended, on the same port', async () => {
  const server = await redisForTest({ args: APPEND_ALWAYS })
  await server.client().set('a', '1')
  server.kill('SIGKILL')
  await server.ended()
  expect(await isListening(server)).toBe(false)
  await server.restart()
  expect(await server.client().get('a')).toBe('1')
})

test('a restart of a server that runs kills it first', async () => {
  const server = await redisForTest()
  await server.client().set('a', '1')
  await server.restart()
  expect(await server.client().get('a')).toBe(null)
})

test('a stop ends even a process that is stopped, and removes its folder; it may be repeated', async () => {
  const server = await startRedis({ args: APPEND_ALWAYS })
  expect(readdirSync(server.folder)).toEqual(['appendonlydir'])
  server.kill('SIGSTOP')
  await server.stop()
  await server.stop()
  expect(await isListening(server)).toBe(false)
  expect(existsSync(server.folder)).toBe(false)
})

test('a folder that was given is kept', async () => {
  const folder = tempFolder()
  const server = await startRedis({ folder, args: APPEND_ALWAYS })
  await server.stop()
  expect(readdirSync(folder)).toEqual(['appendonlydir'])
})

test('a port on which somebody listens is refused', async () => {
  const { port } = await redisForTest()
  await expect(startRedis({ port })).rejects.toThrow(`somebody listens on port ${port}`)
})

test('a server that does not start shows its log, and leaves no folder', async () => {
  const folder = tempFolder()
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(() => { vi.unstubAllEnvs() })
  await expect(startRedis({ args: ['--no-such-setting', 'yes'] })).rejects.toThrow(/no-such-setting/)
  expect(readdirSync(folder)).toEqual([])
})

test('a server does not outlive the process that started it, even if it is stopped and that was killed', async () => {
  const program = `
    const { startRedis } = await import(${JSON.stringify(new URL('redis-server.ts', import.meta.url).href)})
    const server = await startRedis({ folder: ${JSON.stringify(tempFolder())} })
    server.kill('SIGSTOP')
    console.log(server.port)
    setInterval(() => {}, 1000)`
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => { starter.kill('SIGKILL') })
  const [line] = await once(starter.stdout.setEncoding('utf8'), 'data')
  const server = { host: HOST, port: Number(line) }
  expect(await isListening(server)).toBe(true)
  starter.kill('SIGKILL')
  await eventually(async () => !await isListening(server), 'nobody listens on its port')
})
