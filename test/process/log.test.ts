// The log of a process: what it says at every level, and that nobody has to read it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { MAIN, startChild } from '../support/child.ts'
import { eventually } from '../support/eventually.ts'
import { gatewayClient, gatewayEnv, GENERATION, logLines, UPSTREAM_TOKEN } from '../support/gateway-process.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** A gateway before a simulator with a clock of the test's; it need not say that it has started. */
async function startQuietly (env: Record<string, string>, launcher: readonly string[] = []) {
  const cwd = tempFolder()
  let nowMs = Date.now()
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: 1000, processingMs: 1000, now: () => nowMs })
  onTestFinished(simulator.close)
  const port = await closedPort()
  const child = startChild(MAIN, { cwd, env: gatewayEnv({ MULEROUTER_BASE_URL: simulator.origin, STATUS_MAX_AGE_MS: '200', PORT: String(port), ...env }), launcher })
  const gateway = gatewayClient(`http://127.0.0.1:${port}`)
  await eventually(() => gateway.call('GET', '/readyz').then(({ status }) => status === 200, () => false), 'the gateway is ready')
  return { cwd, child, gateway, later: (ms: number) => { nowMs += ms } }
}

test('at level silent the log has what was bought, how it ended, and what an operator changed', async () => {
  const { child, gateway, later } = await startQuietly({ LOG_LEVEL: 'silent' })
  const key = await gateway.team()
  const create = async (prompt: string) => {
    const { headers, json } = await gateway.call('POST', GENERATION, { key, body: { prompt } })
    return { requestId: headers['x-request-id'], id: z.object({ task_info: z.object({ id: z.string() }) }).parse(json).task_info.id }
  }
  const failing = await create('[[fail]]')
  const unwanted = await create('a cat')
  expect(await gateway.call('DELETE', `${GENERATION}/${unwanted.id}`, { key })).toMatchObject({ status: 200 })
  later(2000)
  await eventually(async () => JSON.stringify((await gateway.call('GET', `${GENERATION}/${failing.id}`, { key })).json).includes('"failed"'), 'the task fails')
  child.kill('SIGTERM')

  const { code, stdout, stderr } = await child.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(logLines(stdout)).toMatchObject([
    { level: 'info', msg: 'team created', actor: 'admin', request_id: expect.any(String) },
    { level: 'info', msg: 'key minted', team: 'team' },
    { level: 'info', msg: 'task submitted', task_id: failing.id, request_id: failing.requestId, team: 'team', price_usd: '0.50' },
    { level: 'info', msg: 'task submitted', task_id: unwanted.id, request_id: unwanted.requestId },
    { level: 'info', msg: 'task deleted', task_id: unwanted.id, money: 'refunded' },
    { level: 'info', msg: 'task failed', task_id: failing.id, money: 'refunded' }
  ])
})

for (const [where, redirection, said] of [['apart', '', 'the log cannot be written: EPIPE: broken pipe, write\n'], ['on the same pipe', '2>&1', '']] as const) {
  test(`a gateway whose log nobody reads any more goes on serving, with stderr ${where}`, async () => {
    const reader = 'head -n 1 > first; exec <&-; touch left'
    const { cwd, child, gateway } = await startQuietly({}, ['bash', '-c', `exec "$0" "$@" > >(${reader}) ${redirection}`])
    await eventually(() => existsSync(join(cwd, 'left')), 'the reader has left')
    const key = await gateway.team()
    for (let task = 0; task < 3; task++) expect(await gateway.create(key)).toMatchObject({ status: 202 })
    expect(await gateway.tasks(key)).toHaveLength(3)
    child.kill('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0, signal: null, stdout: '', stderr: said })
  })
}
