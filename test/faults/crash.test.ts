// The gateway dies by kill -9 in the middle of creates, again and again: the ledger knows every task that MuleRouter made.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN_TOKEN, startGatewayProcess, UPSTREAM_TOKEN, type GatewayProcess } from '../support/gateway-process.ts'

const KILLS = 10
const CREATES = 100

const taskSchema = z.object({ task_ref: z.string(), task_id: z.string().nullable(), status: z.string(), money: z.string() })
type Listed = z.infer<typeof taskSchema>

/** Every task in the ledger. */
async function allTasks (gateway: GatewayProcess): Promise<Listed[]> {
  const tasks: Listed[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { json } = await gateway.call('GET', `/admin/v1/tasks?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`, { key: ADMIN_TOKEN })
    const page = z.object({ data: z.array(taskSchema), next_cursor: z.string().nullable() }).parse(json)
    tasks.push(...page.data)
    cursor = page.next_cursor
  }
  return tasks
}

test(`after each of ${KILLS} kill -9 in the middle of ${CREATES} creates, every task that was made is a task or a hold, none is lost and none counted twice`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: 600_000, processingMs: 600_000 })
  onTestFinished(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const start = (): Promise<GatewayProcess> => startGatewayProcess({ cwd: folder, env: { MULEROUTER_BASE_URL: simulator.origin, UPSTREAM_TIMEOUT_MS: '1000' } })

  let gateway = await start()
  const key = await gateway.team()
  for (let kill = 1; kill <= KILLS; kill++) {
    const before = simulator.received.creates
    const creates = Array.from({ length: CREATES }, (_, index) => gateway.call('POST', '/generation', { key, body: { prompt: `cat ${kill} ${index}` } }).catch(() => undefined))
    // At another moment each time, from the first arrival on.
    await eventually(() => simulator.received.creates >= before + kill * 8, 'creates arrived')
    gateway.kill('SIGKILL')
    await gateway.ended
    await Promise.all(creates)
    gateway = await start()

    const tasks = await allTasks(gateway)
    const known = new Set(tasks.map(task => task.task_id))
    const open = tasks.filter(({ status, money }) => (status === 'submitting' || status === 'unknown') && money === 'held')
    const missing = simulator.received.tasks.filter(id => !known.has(id))
    expect(missing.length, 'a task that the ledger cannot name is a hold').toBeLessThanOrEqual(open.length)
    expect(known.size - (open.length > 0 ? 1 : 0), 'no task stands twice').toBe(tasks.length - open.length)
  }

  await eventually(async () => (await allTasks(gateway)).every(({ status }) => status !== 'submitting'), 'abandoned submissions became unknown')
  const tasks = await allTasks(gateway)
  const held = tasks.filter(({ money }) => money === 'held')
  expect(new Set(tasks.map(({ status }) => status))).toEqual(new Set(['pending', 'unknown']))
  expect(held).toHaveLength(tasks.length)
  const { json } = await gateway.call('GET', '/v1/usage', { key })
  expect(z.object({ in_flight: z.object({ used: z.number() }) }).parse(json).in_flight.used).toBe(tasks.filter(({ status }) => status === 'pending').length)
})
