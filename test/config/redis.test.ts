// Redis's variables together: the file of certificate authorities, and what goes with what.
import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Environment } from '../../src/config/config.ts'
import { problemsOf, problemsOfAll, read, temporaryFile } from './read-config.ts'

const REDIS_URL = 'rediss://redis.internal'
const REDIS_SENTINEL = 'mymaster@sentinel:26379'
// Whether it is a good one is for TLS to say, as only that knows its day.
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

const REQUIRED = 'REDIS_URL is required beside the other variables of Redis, for example REDIS_URL=redis://redis.internal:6379'

test('without any variable of Redis there is none', () => {
  expect(read()).toMatchObject({ redisUrl: undefined, redisCluster: false, redisSentinels: undefined, redisTlsCa: undefined, redisKeyPrefix: 'mg' })
})

test('REDIS_TLS_CA_FILE is read into the certificates that it names', () => {
  expect(read({ REDIS_URL, REDIS_TLS_CA_FILE: temporaryFile(CERTIFICATE) }).redisTlsCa).toBe(CERTIFICATE)
  expect(read({ REDIS_URL, REDIS_TLS_CA_FILE: temporaryFile(`two authorities\n${CERTIFICATE}${CERTIFICATE}`) }).redisTlsCa).toContain(CERTIFICATE + CERTIFICATE)
})

test('an empty REDIS_TLS_CA_FILE counts as unset', () => {
  expect(read({ REDIS_URL, REDIS_TLS_CA_FILE: '' })).toEqual(read({ REDIS_URL }))
})

test('a REDIS_TLS_CA_FILE that cannot be read is one line with the reason and an example', () => {
  const folder = temporaryFile()
  mkdirSync(folder)
  for (const [path, reason] of [[temporaryFile(), 'ENOENT'], [folder, 'EISDIR']]) {
    expect(problemsOf({ REDIS_URL, REDIS_TLS_CA_FILE: path }))
      .toEqual([`REDIS_TLS_CA_FILE names a file that cannot be read (${reason}), for example REDIS_TLS_CA_FILE=/etc/ssl/redis-ca.pem`])
  }
})

test('a REDIS_TLS_CA_FILE without a certificate in it is one line that does not show what is', () => {
  for (const content of ['', 'canary', '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n']) {
    expect(problemsOf({ REDIS_URL, REDIS_TLS_CA_FILE: temporaryFile(content) }))
      .toEqual(['REDIS_TLS_CA_FILE names a file that holds no certificate in PEM form, for example REDIS_TLS_CA_FILE=/etc/ssl/redis-ca.pem'])
  }
})

const needUrl: Record<string, () => Environment> = {
  'REDIS_CLUSTER=true': () => ({ REDIS_CLUSTER: 'true' }),
  REDIS_SENTINEL: () => ({ REDIS_SENTINEL }),
  REDIS_TLS_CA_FILE: () => ({ REDIS_TLS_CA_FILE: temporaryFile(CERTIFICATE) })
}

for (const [what, environment] of Object.entries(needUrl)) {
  test(`${what} without REDIS_URL is one line that asks for it`, () => {
    expect(problemsOf(environment())).toEqual([REQUIRED])
  })

  test(`${what} beside a REDIS_URL that is refused, or a file of it that cannot be read, is no second problem`, () => {
    expect(problemsOf({ ...environment(), REDIS_URL: 'redis.internal' })).toEqual([expect.stringMatching(/^REDIS_URL must be /)])
    expect(problemsOf({ ...environment(), REDIS_URL_FILE: temporaryFile() })).toEqual([expect.stringMatching(/^REDIS_URL_FILE names a file that cannot be read /)])
  })
}

test('REDIS_CLUSTER=false, a prefix and retentions ask for no REDIS_URL', () => {
  const config = read({ REDIS_CLUSTER: 'false', REDIS_KEY_PREFIX: 'mulegate', TASK_RETENTION_DAYS: '1', USAGE_RETENTION_DAYS: '1' })
  expect(config.redisUrl).toBe(undefined)
})

test('REDIS_SENTINEL beside REDIS_CLUSTER=true is one line that says which to unset; beside REDIS_CLUSTER=false it is good', () => {
  expect(problemsOf({ REDIS_URL, REDIS_CLUSTER: 'true', REDIS_SENTINEL }))
    .toEqual([expect.stringMatching(/^REDIS_SENTINEL cannot be combined with REDIS_CLUSTER=true.+for example /)])
  expect(read({ REDIS_URL, REDIS_CLUSTER: 'false', REDIS_SENTINEL })).toMatchObject({ redisCluster: false, redisSentinels: { name: 'mymaster' } })
})

test('a REDIS_SENTINEL that is refused is one line, whatever is beside it or missing', () => {
  const expected = [expect.stringMatching(/^REDIS_SENTINEL must be /)]
  expect(problemsOf({ REDIS_URL, REDIS_CLUSTER: 'true', REDIS_SENTINEL: 'sentinel' })).toEqual(expected)
  expect(problemsOf({ REDIS_SENTINEL: 'sentinel' })).toEqual(expected)
})

test('variables of Redis that do not go together are reported beside the problems of other variables', () => {
  const named = problemsOfAll({ REDIS_CLUSTER: 'true', REDIS_SENTINEL, PORT: 'x', SHUTDOWN_GRACE_MS: '0' }).map(line => line.split(' ')[0])
  expect(named.sort()).toEqual(['MULEROUTER_API_KEY', 'PORT', 'REDIS_SENTINEL', 'REDIS_URL', 'SHUTDOWN_GRACE_MS'])
})
