// While Redis is away: what needs the ledger is refused in the contract's shape, what does not need it is answered.
import { expect, test } from 'vitest'
import { MAIN, startChild } from '../../support/child.ts'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet } from '../../support/fleet.ts'
import { ADMIN_TOKEN, gatewayEnv, GENERATION, type CallOptions } from '../../support/gateway-process.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { inventedKey, withWrongChecksum } from '../../support/written-key.ts'

const body = { prompt: 'a small cat' }

type Call = [method: string, path: string, options?: CallOptions]

test('while Redis is away everything that needs the ledger is 503 in the contract\'s shape, and everything else is answered', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, size: 1 })
  const [gateway] = fleet.gateways
  const { key } = await fleet.team(COUNTED)
  const { taskId } = await fleet.create(gateway, key)
  const task = `${GENERATION}/${taskId}`
  redis.kill('SIGSTOP')
  await eventually(async () => (await gateway.call('GET', '/readyz')).status === 503, 'it is noticed')

  const refused: Call[] = [
    ['GET', '/readyz'],
    ['GET', task, { key }],
    ['DELETE', task, { key }],
    ['POST', GENERATION, { key, body }],
    ['POST', '/generation', { key, body, headers: { 'idempotency-key': 'a' } }],
    ['POST', '/generation?dry_run=true', { key, body }],
    ['GET', '/v1/tasks', { key }],
    ['GET', '/v1/usage', { key }],
    ['GET', '/v1/usage', { key: inventedKey() }],
    ['POST', GENERATION, { key: inventedKey(), body }],
    ['GET', '/admin/v1/teams', { key: ADMIN_TOKEN }],
    ['GET', '/admin/v1/tasks', { key: ADMIN_TOKEN }],
    ['POST', '/admin/v1/teams', { key: ADMIN_TOKEN, body: { id: 'another' } }],
    ['POST', '/admin/v1/ledger/confirm', { key: ADMIN_TOKEN }]
  ]
  for (const [method, path, options] of refused) {
    const reply = await gateway.call(method, path, options)
    expect(reply.json, `${method} ${path}`).toEqual({
      type: 'urn:mulegate:problem:ledger_unavailable',
      title: expect.stringMatching(/\S/),
      status: 503,
      detail: expect.stringMatching(/^The ledger .+\. \(request_id: req_\w+\)$/),
      instance: path.replace(/\?.*/, ''),
      error_code: 5031,
      code: 'ledger_unavailable',
      request_id: reply.headers['x-request-id']
    })
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/), 'content-type': expect.stringMatching(/^application\/problem\+json(;|$)/) } })
  }

  const answered: Array<[...Call, status: number]> = [
    ['GET', '/livez', {}, 200],
    ['GET', '/readyz?scope=instance', {}, 200],
    ['GET', '/v1/usage', {}, 401],
    ['GET', '/v1/usage', { key: 'nonsense' }, 401],
    ['POST', GENERATION, { key: withWrongChecksum(key), body }, 401],
    ['GET', '/admin/v1/teams', { key: 'no-token-of-an-admin' }, 401]
  ]
  for (const [method, path, options, status] of answered) expect(await gateway.call(method, path, options), `${method} ${path}`).toMatchObject({ status })
  expect(fleet.simulator.received).toMatchObject({ creates: 1, deletes: 0 })

  redis.kill('SIGCONT')
  await eventually(async () => (await gateway.call('GET', '/readyz')).status === 200, 'it is back')
  expect(await gateway.call('GET', task, { key })).toMatchObject({ status: 200, json: { task_info: { id: taskId } } })
})

test('a gateway whose Redis refuses the password ends with one line that names REDIS_URL and shows no password', async () => {
  const redis = await redisForTest({ args: ['--requirepass', 'the right one'] })
  const ended = await startChild(MAIN, { cwd: tempFolder(), env: gatewayEnv({ REDIS_URL: redis.url.replace('://', '://:wrong-password-canary@') }) }).ended
  expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' })
  expect(ended.stderr).toMatch(/^REDIS_URL: .+\n$/)
  expect(ended.stderr).not.toContain('canary')
})
