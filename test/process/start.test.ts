// Starting: where the configuration comes from, and what the process says about itself.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAIN, startChild } from '../support/child.ts'
import { ADMIN_TOKEN, gatewayClient, GENERATION, logLines, messagesOf, startGatewayProcess, UPSTREAM_TOKEN, type LogLine } from '../support/gateway-process.ts'
import { startLateUpstream } from '../support/late-upstream.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('`gateway started` names an origin that answers, the upstream and the database', async () => {
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: 'https://mulerouter.internal/', DATABASE_PATH: 'deep/er/ledger.db' } })

  expect(await gateway.logged('gateway started')).toMatchObject({
    level: 'info', origin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), upstream: 'https://mulerouter.internal', database: 'deep/er/ledger.db'
  })
  expect(await gateway.call('GET', '/livez')).toMatchObject({ status: 200 })
  expect(await gateway.call('GET', '/readyz')).toMatchObject({ status: 200 })
})

test('HOST and PORT say where it listens', async () => {
  const port = await closedPort()
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { HOST: 'localhost', PORT: String(port) } })

  expect(await gatewayClient(`http://localhost:${port}`).call('GET', '/livez')).toMatchObject({ status: 200 })
  expect(gateway.origin).toMatch(new RegExp(`:${port}$`))
})

test('a .env file in the working directory configures it', async () => {
  const cwd = tempFolder()
  writeFileSync(join(cwd, '.env'), `# a comment\nMULEROUTER_API_KEY=${UPSTREAM_TOKEN}\nPORT=0\nADMIN_TOKEN="alice=${ADMIN_TOKEN}\nbob=${ADMIN_TOKEN}-2:read"\nDATABASE_PATH=of-the-file.db\n`)
  const child = startChild(MAIN, { cwd })

  const [line = '', origin = ''] = await child.printed(/^.*"origin":"([^"]+)".*"msg":"gateway started".*\n/m)

  expect(logLines(line)).toMatchObject([{ database: 'of-the-file.db' }])
  const { call } = gatewayClient(origin)
  expect(await call('GET', '/admin/v1/teams', { key: `${ADMIN_TOKEN}-2` })).toMatchObject({ status: 200 })
  expect(await call('POST', '/admin/v1/teams', { key: `${ADMIN_TOKEN}-2`, body: { id: 'team' } })).toMatchObject({ status: 403 })
})

test('a variable of the process wins over the .env file', async () => {
  const cwd = tempFolder()
  writeFileSync(join(cwd, '.env'), 'DATABASE_PATH=of-the-file.db\nPORT=not-a-port\nMULEROUTER_BASE_URL=https://of-the-file.internal\n')

  const gateway = await startGatewayProcess({ cwd, env: { DATABASE_PATH: 'of-the-process.db' } })

  expect(await gateway.logged('gateway started')).toMatchObject({ database: 'of-the-process.db', upstream: 'https://of-the-file.internal' })
})

test('every line on stdout is one JSON object with level, time and message, stderr stays empty, and no secret is among them', async () => {
  const upstream = await startLateUpstream()
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, LOG_LEVEL: 'trace' } })
  const key = await gateway.team()
  const created = gateway.create(key)
  const create = await upstream.arrived()
  create.accept('task-1')
  expect(await created).toMatchObject({ status: 202 })
  const statuses = [
    await gateway.call('POST', GENERATION, { key, body: { prompt: 'a line\nbreak', size: '1*1' } }),
    await gateway.call('GET', '/v1/tasks', { key: 'mg_live_nobody' }),
    await gateway.call('GET', '/v1/nowhere', { key }),
    await gateway.call('GET', '/readyz'),
    await gateway.call('PUT', '/admin/v1/teams', { key: ADMIN_TOKEN })
  ].map(({ status }) => status)
  expect(statuses).toEqual([400, 401, 404, 200, 405])
  gateway.kill('SIGTERM')

  const { stdout, stderr } = await gateway.ended

  expect(stderr).toBe('')
  const messages = messagesOf(stdout)
  for (const message of ['gateway started', 'task submitted', 'request', 'refused', 'gateway stopping', 'gateway stopped']) expect(messages).toContain(message)
  for (const secret of [UPSTREAM_TOKEN, ADMIN_TOKEN, key]) expect(stdout).not.toContain(secret)
})

test('an upstream that cannot be reached does not keep the gateway from starting, and its log stays JSON', async () => {
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: `http://127.0.0.1:${await closedPort()}` } })
  const key = await gateway.team()

  expect(await gateway.create(key)).toMatchObject({ status: 503, json: { code: 'upstream_unreachable' } })

  gateway.kill('SIGTERM')
  const { stdout, stderr } = await gateway.ended
  expect(stderr).toBe('')
  expect(messagesOf(stdout)).toContain('task unsent')
})

const UNENCRYPTED = 'the upstream token travels unencrypted'

for (const origin of ['http://192.0.2.1', 'http://mulerouter.internal:8080', 'http://127.0.0.1.example.com', 'http://localhost.example.com']) {
  test(`an upstream at ${origin} is warned about: the token would travel unencrypted`, async () => {
    expect(await warningsOf({ MULEROUTER_BASE_URL: origin })).toMatchObject([{ msg: UNENCRYPTED, upstream: origin }])
  })
}

for (const origin of ['https://192.0.2.1', 'http://127.0.0.1:8090', 'http://127.1.2.3', 'http://localhost:8090', 'http://[::1]:8090']) {
  test(`an upstream at ${origin} is not warned about`, async () => {
    expect(await warningsOf({ MULEROUTER_BASE_URL: origin })).toEqual([])
  })
}

test('a missing ADMIN_TOKEN is warned about', async () => {
  expect(await warningsOf({ ADMIN_TOKEN: '' })).toMatchObject([{ msg: 'the admin API is off: ADMIN_TOKEN is not set' }])
})

test('a price list that leaves something out, or names what no model has, is warned about', async () => {
  const folder = tempFolder()
  const file = join(folder, 'prices.json')
  writeFileSync(file, '{"alibaba/wan2.2-t2v-plus":{"480P":"0.10","720P":"0.30"}}')
  expect(await warningsOf({ PRICE_FILE: file })).toMatchObject([
    { msg: 'creates without a price are refused', missing: ['alibaba/wan2.2-t2v-plus 1080P'] },
    { msg: 'the price list names what no model has' }
  ])
})

/** What a gateway with these variables warns about, from its start to its end. */
async function warningsOf (env: Record<string, string>): Promise<LogLine[]> {
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env })
  gateway.kill('SIGTERM')
  const { code, stdout } = await gateway.ended
  expect(code).toBe(0)
  return logLines(stdout).filter(({ level }) => level !== 'info')
}
