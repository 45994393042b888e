// The stack's Redis, with its own file and the password that is made for it, is one that a gateway takes without complaint.
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startChild, type Ended } from '../support/child.ts'
import { messagesOf, startGatewayProcess } from '../support/gateway-process.ts'
import { startRedis } from '../support/redis/redis-server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { ROOT } from './read-yaml.ts'

const MAKE_PASSWORDS = join(ROOT, 'docker/make-passwords.ts')

type Passwords = { make (env?: Record<string, string>, ...args: readonly string[]): Promise<Ended>, adminToken (): string, auth: string, password (): string, redisUrl (): string }

function passwords (): Passwords {
  const folder = tempFolder()
  const [gateway, redis] = [join(folder, 'gateway'), join(folder, 'redis')]
  for (const path of [gateway, redis]) mkdirSync(path)
  const read = (path: string): string => readFileSync(path, 'utf8').trim()
  return {
    make: (env = {}, ...args) => startChild(MAKE_PASSWORDS, { cwd: folder, args, env: { GATEWAY_SECRETS: gateway, REDIS_SECRETS: redis, ...env } }).ended,
    adminToken: () => read(join(gateway, 'admin_token')),
    auth: join(redis, 'auth.conf'),
    password: () => read(join(redis, 'auth.conf')).replace(/^requirepass /, ''),
    redisUrl: () => read(join(gateway, 'redis_url'))
  }
}

test('a gateway works on docker/redis.conf with the password that was made, and has nothing to warn of', async () => {
  const made = passwords()
  expect(await made.make()).toMatchObject({ code: 0, stderr: '' })
  const folder = tempFolder()
  const redis = await startRedis({
    folder, args: port => ['--include', join(ROOT, 'docker/redis.conf'), '--include', made.auth, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  })
  onTestFinished(() => redis.stop())
  const url = made.redisUrl().replace('redis:6379', `127.0.0.1:${redis.port}`)

  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { REDIS_URL: url } })
  await gateway.team()
  expect(await gateway.call('GET', '/readyz')).toMatchObject({ status: 200 })
  const client = redis.client({ password: made.password() })
  expect(await client.config('GET', 'append*')).toMatchObject(expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'everysec']))
  expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
  expect(Number((await client.config('GET', 'maxmemory') as string[])[1])).toBeGreaterThan(0)
  gateway.kill('SIGTERM')
  const { stdout } = await gateway.ended
  expect(messagesOf(stdout).filter(message => /Redis/.test(message))).toEqual([])
})

test('without the password Redis answers nobody', async () => {
  const made = passwords()
  await made.make()
  const redis = await startRedis({ args: ['--include', made.auth] })
  onTestFinished(() => redis.stop())
  await expect(redis.client({ enableReadyCheck: false }).get('anything')).rejects.toThrow('NOAUTH')
})

test('what was made stays, and nobody else may read what the gateway reads', async () => {
  const made = passwords()
  await made.make()
  const before = [made.adminToken(), made.password(), made.redisUrl()]
  expect(await made.make()).toMatchObject({ code: 0, stdout: '' })
  expect([made.adminToken(), made.password(), made.redisUrl()]).toEqual(before)
  expect(before[0]).toMatch(/^[0-9a-f]{48}$/)
  expect(before[0]).not.toBe(before[1])
  expect(statSync(join(made.auth, '../../gateway/admin_token')).mode & 0o777).toBe(0o400)
})

test('an admin token that was given is the one, and one can be made anew', async () => {
  const made = passwords()
  const ADMIN_TOKEN = 'alice=a-token-of-an-operator\ngrafana=a-token-only-for-looking:read'
  await made.make({ ADMIN_TOKEN })
  expect(await made.make({ ADMIN_TOKEN }, '--renew-admin-token')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^make-passwords: ADMIN_TOKEN is set/) })
  expect(made.adminToken()).toBe(ADMIN_TOKEN)
  const password = made.password()
  const { stdout, code } = await made.make({}, '--renew-admin-token')
  expect(code).toBe(0)
  expect(made.adminToken()).toMatch(/^[0-9a-f]{48}$/)
  expect(stdout).not.toContain(made.adminToken())
  expect(made.password()).toBe(password)
  expect(await made.make({}, '--renew-everything')).toMatchObject({ code: 1, stderr: expect.stringMatching(/--renew-admin-token\n$/) })
})
