// Which secrets are followed, and which are what they were at the start.
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { liveSecrets } from '../../src/config/live-secrets.ts'
import { keptLog } from '../support/kept-log.ts'
import { silentLog } from '../support/silent-log.ts'
import { read, temporaryFile } from './read-config.ts'

const ADMIN_TOKEN = 'sixteen-letters!'

test('a secret that stands in the environment stays as it is, and no file is looked at', () => {
  const config = read({ ADMIN_TOKEN, REDIS_URL: 'redis://127.0.0.1' })
  const secrets = liveSecrets(config, silentLog)
  expect(secrets.files).toEqual([])
  expect(secrets.upstreamTokens.refreshed()).toBe(config.upstreamTokens)
  expect(secrets.adminTokens.current()).toBe(config.adminTokens)
  expect(secrets.redisUrl?.current()).toBe(config.redisUrl)
  expect(liveSecrets(read(), silentLog).redisUrl).toBe(undefined)
})

test('each of the three secrets is followed where it was given as a file, also if the variable is set as well', () => {
  const [token, admin, redis] = [temporaryFile('token-1'), temporaryFile(ADMIN_TOKEN), temporaryFile('redis://:password-1@redis.internal/1')]
  const secrets = liveSecrets(read({ MULEROUTER_API_KEY_FILE: token, ADMIN_TOKEN_FILE: admin, REDIS_URL_FILE: redis, ADMIN_TOKEN: `${ADMIN_TOKEN}-of-the-variable` }), silentLog)
  expect(secrets.files).toHaveLength(3)
  writeFileSync(token, 'token-2')
  writeFileSync(admin, `alice=${ADMIN_TOKEN}:read`)
  writeFileSync(redis, 'redis://user:password-2@redis.internal:6379/1')
  expect(secrets.upstreamTokens.current().map(value => value.reveal())).toEqual(['token-2'])
  expect(secrets.adminTokens.current()).toMatchObject([{ name: 'alice', readOnly: true }])
  expect(secrets.redisUrl?.current().reveal()).toContain('user:password-2@')
})

test('of a changed URL of Redis the log shows nothing but that it changed', () => {
  const file = temporaryFile('redis://:canary-1@redis.internal')
  const { log, lines } = keptLog()
  const { redisUrl } = liveSecrets(read({ REDIS_URL_FILE: file }), log)
  for (const url of ['redis://:canary-2@redis.internal', 'redis://:canary-3@elsewhere.internal', 'redis:// canary']) {
    writeFileSync(file, url)
    expect(redisUrl?.current().reveal()).toBe('redis://:canary-2@redis.internal')
  }
  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual(['info secret rotated', ...Array.from({ length: 2 }, () => 'error secret file refused, the old secret is kept')])
  expect(JSON.stringify(lines)).not.toContain('canary')
})

test('a pipe, as a shell makes one of <(…), was read at the start and is never read again', () => {
  const path = temporaryFile('of-the-pipe')
  const config = read({ MULEROUTER_API_KEY_FILE: path })
  rmSync(path)
  execFileSync('mkfifo', [path])
  const secrets = liveSecrets(config, silentLog)
  expect(secrets.files).toEqual([])
  expect(secrets.upstreamTokens.refreshed().map(token => token.reveal())).toEqual(['of-the-pipe'])
})
