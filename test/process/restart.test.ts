// What a process leaves behind, however it ends: the next one on the same file knows every task.
import { existsSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { MAIN, startChild } from '../support/child.ts'
import { gatewayClient, gatewayEnv, GENERATION, logLines, startGatewayProcess, UPSTREAM_TOKEN } from '../support/gateway-process.ts'
import { startLateUpstream } from '../support/late-upstream.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a task that was made before ${signal} can be read after the restart, and is followed to its end`, async () => {
    const cwd = tempFolder()
    let nowMs = Date.now()
    const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: 1000, processingMs: 1000, now: () => nowMs })
    onTestFinished(simulator.close)
    const env = { MULEROUTER_BASE_URL: simulator.origin, STATUS_MAX_AGE_MS: '200' }
    const gateway = await startGatewayProcess({ cwd, env })
    const key = await gateway.team()
    const taskId = taskIdOf((await gateway.create(key)).json)
    gateway.kill(signal)
    await gateway.ended

    const next = await startGatewayProcess({ cwd, env })
    expect(await next.call('GET', `${GENERATION}/${taskId}`, { key })).toMatchObject({ status: 200, json: { task_info: { id: taskId, status: 'pending' } } })
    nowMs += 2000

    const read = z.object({ task_info: z.object({ status: z.string() }), videos: z.array(z.url()).default([]) })
    let task = read.parse((await next.call('GET', `${GENERATION}/${taskId}`, { key })).json)
    while (task.task_info.status !== 'completed') task = read.parse((await next.call('GET', `${GENERATION}/${taskId}`, { key })).json)
    expect(task.videos).toHaveLength(1)
    expect(await next.tasks(key)).toEqual([{ task_id: taskId, status: 'completed', money: 'spent' }])
    expect(await next.logged('task completed')).toMatchObject({ task_id: taskId, team: 'team' })
    expect(simulator.received.creates).toBe(1)
  })
}

test('what the client was told survives kill -9: the line is in the log and the task in the ledger', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const env = { MULEROUTER_BASE_URL: upstream.origin }
  const gateway = await startGatewayProcess({ cwd, env })
  const key = await gateway.team()
  const killedWithTheAnswer = gateway.create(key).then(answer => {
    gateway.kill('SIGKILL')
    return answer
  })
  const create = await upstream.arrived()
  create.accept('task-1')

  expect(await killedWithTheAnswer).toMatchObject({ status: 202 })

  const { stdout, signal } = await gateway.ended
  expect(signal).toBe('SIGKILL')
  expect(logLines(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).filter(({ msg }) => msg === 'task submitted'))
    .toEqual([expect.objectContaining({ level: 'info', task_id: 'task-1', task_ref: expect.stringMatching(/^tsk_/), team: 'team', key_id: expect.stringMatching(/^key_/), model: 'alibaba/wan2.2-t2v-plus', price_usd: '0.50' })])
  const next = await startGatewayProcess({ cwd, env })
  expect(await next.tasks(key)).toEqual([{ task_id: 'task-1', status: 'pending', money: 'held' }])
})

test('a create that kill -9 interrupted while upstream was silent keeps its hold', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const env = { MULEROUTER_BASE_URL: upstream.origin }
  const gateway = await startGatewayProcess({ cwd, env })
  const key = await gateway.team()
  const broken = expect(gateway.create(key)).rejects.toThrow()
  await upstream.arrived()
  gateway.kill('SIGKILL')
  await gateway.ended
  await broken

  const next = await startGatewayProcess({ cwd, env })

  expect(await next.tasks(key)).toEqual([{ task_id: null, status: 'submitting', money: 'held' }])
  expect(upstream.creates()).toBe(1)
})

test('a log that cannot be written does not make a paid task look failed: it is answered, and it is in the ledger', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const { gateway, fillLog, emptyLog, readLog, kill } = await startWithFillableLog(cwd, upstream.origin)
  const key = await gateway.team()

  const unwritten = gateway.create(key)
  const first = await upstream.arrived()
  fillLog()
  first.accept('task-without-a-line')
  expect(await unwritten).toMatchObject({ status: 202 })
  expect(readLog()).not.toContain('task submitted')

  emptyLog()
  const written = gateway.create(key)
  const second = await upstream.arrived()
  second.accept('task-with-a-line')
  expect(await written).toMatchObject({ status: 202 })
  expect(readLog()).toMatch(/"task_id":"task-with-a-line".*"msg":"task submitted"/)

  await kill()
  const next = await startGatewayProcess({ cwd, env: { MULEROUTER_BASE_URL: upstream.origin } })
  expect(await next.tasks(key)).toMatchObject([{ task_id: 'task-with-a-line', status: 'pending' }, { task_id: 'task-without-a-line', status: 'pending' }])
})

const LOG_BYTES_MAX = 4_194_304

/** A gateway that logs to a file with a limit on its size: what is written to a full one fails, and nothing else does. */
async function startWithFillableLog (cwd: string, upstreamOrigin: string) {
  const log = join(cwd, 'gateway.log')
  const port = await closedPort()
  const child = startChild(MAIN, {
    cwd,
    env: gatewayEnv({ MULEROUTER_BASE_URL: upstreamOrigin, PORT: String(port) }),
    launcher: ['bash', '-c', `ulimit -f ${LOG_BYTES_MAX / 1024} && exec "$0" "$@" >> gateway.log`]
  })
  let ended = false
  child.ended.then(() => { ended = true })
  while (!existsSync(log) || !readFileSync(log, 'utf8').includes('gateway started')) {
    if (ended) throw new Error('the gateway did not start')
    await setImmediate()
  }
  return {
    gateway: gatewayClient(`http://127.0.0.1:${port}`),
    fillLog: () => truncateSync(log, LOG_BYTES_MAX),
    emptyLog: () => truncateSync(log, 0),
    readLog: () => readFileSync(log, 'utf8'),
    async kill () {
      child.kill('SIGKILL')
      await child.ended
    }
  }
}

function taskIdOf (json: unknown): string {
  return z.object({ task_info: z.object({ id: z.string() }) }).parse(json).task_info.id
}
