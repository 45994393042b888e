// Two thousand callers who wait for the ends of two hundred tasks on one gateway, on either ledger: what they cost, and that none is left behind.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { eventually } from '../support/eventually.ts'
import { redisForTest } from '../support/ledger-for-test.ts'

const ADMIN_TOKEN = 'test-admin-token-of-waiters'
const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
const TASKS = 200
const WAITERS_EACH = 10
const STATUS_MAX_AGE_MS = 3000

test.each(['embedded', 'redis'])('two thousand waiters on the %s ledger are all answered soon after the change, and those who leave are forgotten', async kind => {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const ledger = kind === 'redis' ? redisForTest() : { env: { DATABASE_PATH: join(folder, 'ledger.db') }, async drop () {} }
  onTestFinished(() => ledger.drop())
  let nowMs = Date.now()
  const simulator = await startSimulator({ tokens: ['test-upstream-token'], pendingMs: 3_600_000, processingMs: 0, now: () => nowMs })
  onTestFinished(() => simulator.close())
  const config = readConfig({
    PORT: '0', MULEROUTER_API_KEY: 'test-upstream-token', MULEROUTER_BASE_URL: simulator.origin, ADMIN_TOKEN, STATUS_MAX_AGE_MS: String(STATUS_MAX_AGE_MS), REQUESTS_PER_MINUTE: '1000000', ...ledger.env
  })
  const app = await startApp({ config, clock: systemClock, log: openLog({ level: 'error', destination: join(folder, 'gateway.log') }) })
  onTestFinished(() => app.stop())
  const dispatcher = new Agent({ connections: null, headersTimeout: 90_000, bodyTimeout: 90_000 })
  onTestFinished(() => dispatcher.destroy())

  async function call (method: 'GET' | 'POST', path: string, { key, body, wait, signal }: { key: string, body?: object, wait?: number, signal?: AbortSignal }) {
    const headers = { authorization: `Bearer ${key}`, ...body === undefined ? {} : { 'content-type': 'application/json' }, ...wait === undefined ? {} : { prefer: `wait=${wait}` } }
    const response = await request(`${app.origin}${path}`, { dispatcher, method, headers, body: body === undefined ? null : JSON.stringify(body), ...signal === undefined ? {} : { signal } })
    return JSON.parse(await response.body.text())
  }

  await call('POST', '/admin/v1/teams', { key: ADMIN_TOKEN, body: { id: 'team' } })
  const { key } = await call('POST', '/admin/v1/teams/team/keys', { key: ADMIN_TOKEN, body: {} })
  const created = await Promise.all(Array.from({ length: TASKS }, () => call('POST', GENERATION, { key, body: { prompt: 'a cat' } })))
  const taskIds: string[] = created.map(({ task_info: task }) => task.id)

  const before = process.memoryUsage().heapUsed
  const leaving = new AbortController()
  const answers = taskIds.flatMap(taskId => Array.from({ length: WAITERS_EACH }, async () => {
    const { task_info: task } = await call('GET', `${GENERATION}/${taskId}`, { key, wait: 50 })
    return { status: task.status, atMs: performance.now() }
  }))
  const leavers = taskIds.map(taskId => call('GET', `${GENERATION}/${taskId}`, { key, wait: 50, signal: leaving.signal }).catch(() => {}))
  await eventually(() => app.watching() === TASKS * (WAITERS_EACH + 1), 'everybody waits')
  const perWaiter = (process.memoryUsage().heapUsed - before) / app.watching()
  leaving.abort()
  await Promise.all(leavers)
  await eventually(() => app.watching() === TASKS * WAITERS_EACH, 'those who left are forgotten')

  const looksBefore = simulator.received.reads
  const changedAtMs = performance.now()
  nowMs += 3_600_000
  const all = await Promise.all(answers)
  const late = all.map(({ atMs }) => atMs - changedAtMs).toSorted((a, b) => a - b)
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['completed']))
  await eventually(() => app.watching() === 0, 'nobody is left behind')
  // Each task is looked at once for all who wait for it, and perhaps once more by whoever was about to.
  const looks = (simulator.received.reads - looksBefore) / TASKS
  expect(looks).toBeLessThanOrEqual(2)
  process.stdout.write(`${kind}: ${all.length} waiters, about ${Math.round(perWaiter / 1024)} KiB of heap each with both ends of the connection; ` +
    `answered ${Math.round(late[late.length >> 1] ?? 0)} ms (median) and ${Math.round(late.at(-1) ?? 0)} ms (last) after the change, with a status ${STATUS_MAX_AGE_MS} ms old at most; ${looks} looks a task\n`)
}, 120_000)
