// The gateway dies by kill -9 in the middle of creates, again and again, on one ledger.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN_TOKEN, startGatewayProcess, UPSTREAM_TOKEN, type GatewayProcess } from '../support/gateway-process.ts'

const taskSchema = z.object({ task_ref: z.string(), task_id: z.string().nullable(), status: z.string(), money: z.string() })
export type Listed = z.infer<typeof taskSchema>

/** Every task in the ledger. */
export async function allTasks (gateway: Pick<GatewayProcess, 'call'>): Promise<Listed[]> {
  const tasks: Listed[] = []
  let query = ''
  while (true) {
    const { json } = await gateway.call('GET', `/admin/v1/tasks?limit=100${query}`, { key: ADMIN_TOKEN })
    const page = z.object({ data: z.array(taskSchema), next_cursor: z.string().nullable() }).parse(json)
    tasks.push(...page.data)
    if (page.next_cursor === null) return tasks
    query = `&cursor=${page.next_cursor}`
  }
}

/** Demands that every task which upstream made is a task of the ledger or hidden behind a hold, and none stands twice. */
export function expectNothingLost (made: readonly string[], tasks: readonly Listed[]): void {
  const known = tasks.flatMap(({ task_id: id }) => id ?? [])
  const open = tasks.filter(({ status, money }) => (status === 'submitting' || status === 'unknown') && money === 'held')
  expect(new Set(known).size, 'no task stands twice').toBe(known.length)
  expect(made.filter(id => !known.includes(id)).length, 'a task that the ledger cannot name is a hold').toBeLessThanOrEqual(open.length)
  expect(known.length + open.length, 'everything is held').toBe(tasks.length)
}

/** Kills the gateway so often in the middle of so many creates, and compares the ledger with what upstream made. */
export async function crashAgainAndAgain ({ kills, creates }: { kills: number, creates: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: 600_000, processingMs: 600_000 })
  onTestFinished(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const start = (): Promise<GatewayProcess> => startGatewayProcess({ cwd: folder, env: { MULEROUTER_BASE_URL: simulator.origin, UPSTREAM_TIMEOUT_MS: '1000', SWEEP_LOOKS_PER_SECOND: '1000' } })

  let gateway = await start()
  const key = await gateway.team()
  for (let kill = 1; kill <= kills; kill++) {
    const before = simulator.received.creates
    const calls = Array.from({ length: creates }, (_, index) => gateway.call('POST', '/generation', { key, body: { prompt: `cat ${kill} ${index}` } }).catch(() => undefined))
    // At another moment each time, from the first arrivals to the last ones.
    const moment = 1 + (kill * 7) % (creates - 10)
    await eventually(() => simulator.received.creates >= before + moment, 'creates arrived')
    gateway.kill('SIGKILL')
    await gateway.ended
    await Promise.all(calls)
    gateway = await start()
    expectNothingLost(simulator.received.tasks, await allTasks(gateway))
  }

  await eventually(async () => (await allTasks(gateway)).every(({ status }) => status !== 'submitting'), 'abandoned submissions became unknown')
  const tasks = await allTasks(gateway)
  expectNothingLost(simulator.received.tasks, tasks)
  expect(new Set(tasks.map(({ status }) => status))).toEqual(new Set(['pending', 'unknown']))
  const { json } = await gateway.call('GET', '/v1/usage', { key })
  expect(z.object({ in_flight: z.object({ used: z.number() }) }).parse(json).in_flight.used).toBe(tasks.filter(({ status }) => status === 'pending').length)
}
