// The Redis of a whole run: started for it, or the one that REDIS_URL names.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../temp-folder.ts'
import { askRedis } from './ask-redis.ts'
import { setup } from './global-redis.ts'
import { isListening } from './listening.ts'
import { redisForTest } from './redis-for-test.ts'
import { HOST } from './redis-server.ts'

/** Runs the setup; resolves to what it told the suites, and to what ends it. */
async function runSetup (given: string): Promise<{ url: string, teardown: () => Promise<void> }> {
  const provided: string[] = []
  const teardown = await setup({ provide: (name, value) => { provided.push(`${name}=${value}`) } }, given)
  onTestFinished(teardown)
  return { url: provided.join().replace('redisUrl=', ''), teardown }
}

test('without REDIS_URL a Redis is started for the run, and ended after it', async () => {
  const { url, teardown } = await runSetup('')
  const server = { host: HOST, port: Number(new URL(url).port) }
  expect(await askRedis(server, 'PING')).toBe('PONG')
  await teardown()
  expect(await isListening(server)).toBe(false)
})

test('the Redis of REDIS_URL is used, and left running', async () => {
  const server = await redisForTest()
  const { url, teardown } = await runSetup(server.url)
  expect(url).toBe(server.url)
  await teardown()
  expect(await askRedis(server, 'PING')).toBe('PONG')
})

test('a REDIS_URL that does not answer is an error, which does not tell its password', async () => {
  const { port, stop } = await redisForTest()
  await stop()
  await expect(runSetup(`redis://user:canary@${HOST}:${port}`)).rejects.toThrow(new Error(`the Redis of REDIS_URL does not answer at ${HOST}:${port}`))
})

test('a run of vitest with this setup shares one Redis among its suites', async () => {
  const folder = tempFolder()
  const here = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))
  const suite = `
    import { Redis } from ${JSON.stringify(import.meta.resolve('ioredis'))}
    import { expect, test } from 'vitest'
    import { sharedRedisUrl } from ${here('shared-redis.ts')}
    test('counts', async () => {
      const client = new Redis(sharedRedisUrl())
      console.log('count=' + await client.incr('suites'))
      client.disconnect()
    })`
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default { test: { globalSetup: ${here('global-redis.ts')}, pool: 'forks', maxWorkers: 1 } }`)
  writeFileSync(join(folder, 'one.test.js'), suite)
  writeFileSync(join(folder, 'other.test.js'), suite)

  const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
  const run = spawn(process.execPath, [vitest, 'run'], { cwd: folder, env: { PATH: process.env['PATH'], NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => { run.kill('SIGKILL') })
  const [output, [code]] = await Promise.all([text(run.stdout), once(run, 'exit')])
  expect(output.match(/count=\d/g), output).toEqual(['count=1', 'count=2'])
  expect(code).toBe(0)
})
