// Two hundred tasks that twenty clients each read every second, over two gateways on one ledger: how often upstream is asked, and how late a change is seen.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { redisForTest } from '../support/ledger-for-test.ts'
import { present } from '../support/present.ts'

const ADMIN_TOKEN = 'test-admin-token-of-looks'
const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
const TASKS = 200
const CLIENTS = 20
const READ_EVERY_MS = 1000
const LASTS_MS = 30_000
const STATUS_MAX_AGE_MS = 3000
/** Each task is processing from half of the time on. */
const CHANGES_AFTER_MS = 15_000

test('many clients who read every second cost upstream one schedule of looks, and see a change in time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const ledger = redisForTest()
  onTestFinished(() => ledger.drop())
  const simulator = await startSimulator({ tokens: ['test-upstream-token'], pendingMs: CHANGES_AFTER_MS, processingMs: 3_600_000 })
  onTestFinished(() => simulator.close())
  const config = readConfig({
    PORT: '0', MULEROUTER_API_KEY: 'test-upstream-token', MULEROUTER_BASE_URL: simulator.origin, ADMIN_TOKEN, STATUS_MAX_AGE_MS: String(STATUS_MAX_AGE_MS), REQUESTS_PER_MINUTE: '10000000', ...ledger.env
  })
  const apps = await Promise.all([1, 2].map(number => startApp({ config, clock: systemClock, log: openLog({ level: 'error', destination: join(folder, `gateway-${number}.log`) }) })))
  for (const app of apps) onTestFinished(() => app.stop())
  const dispatcher = new Agent({ connections: 64 })
  onTestFinished(() => dispatcher.destroy())

  async function call (origin: string, method: 'GET' | 'POST', path: string, { key, body }: { key: string, body?: object }) {
    const headers = { authorization: `Bearer ${key}`, ...body === undefined ? {} : { 'content-type': 'application/json' } }
    const response = await request(`${origin}${path}`, { dispatcher, method, headers, body: body === undefined ? null : JSON.stringify(body) })
    return JSON.parse(await response.body.text())
  }

  const { origin } = present(apps[0])
  await call(origin, 'POST', '/admin/v1/teams', { key: ADMIN_TOKEN, body: { id: 'team' } })
  const { key } = await call(origin, 'POST', '/admin/v1/teams/team/keys', { key: ADMIN_TOKEN, body: {} })
  const tasks = await Promise.all(Array.from({ length: TASKS }, async () => {
    const { task_info: task } = await call(origin, 'POST', GENERATION, { key, body: { prompt: 'a cat' } })
    return { id: String(task.id), changesAtMs: Date.parse(task.created_at) + CHANGES_AFTER_MS }
  }))

  const looksBefore = simulator.received.reads
  const untilMs = Date.now() + LASTS_MS
  const firstSeen = new Map<string, number>()
  let reads = 0
  await Promise.all(tasks.flatMap(({ id }) => Array.from({ length: CLIENTS }, async (_, client) => {
    await pause(Math.random() * READ_EVERY_MS)
    while (Date.now() < untilMs) {
      const startedMs = Date.now()
      const { task_info: task } = await call(present(apps[client % apps.length]).origin, 'GET', `${GENERATION}/${id}`, { key })
      reads += 1
      if (task.status === 'processing' && !firstSeen.has(id)) firstSeen.set(id, Date.now())
      await pause(Math.max(0, startedMs + READ_EVERY_MS - Date.now()))
    }
  })))

  const looks = (simulator.received.reads - looksBefore) / TASKS
  const late = tasks.map(({ id, changesAtMs }) => (firstSeen.get(id) ?? Infinity) - changesAtMs).toSorted((a, b) => a - b)
  process.stdout.write(`${reads} reads in ${LASTS_MS / 1000} s, ${looks.toFixed(1)} looks a task (one every ${STATUS_MAX_AGE_MS} ms would be ${LASTS_MS / STATUS_MAX_AGE_MS}); ` +
    `a change was seen ${late[late.length >> 1]} ms (median) and ${late.at(-1)} ms (last) after upstream made it\n`)
  expect(looks).toBeLessThanOrEqual(LASTS_MS / STATUS_MAX_AGE_MS + 1)
  expect(late.at(-1)).toBeLessThan(Infinity)
}, 120_000)
