// Stopping: what is under way is finished and kept, what is new is refused, and nothing is lost between them.
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, messagesOf, startGatewayProcess, type GatewayProcess } from '../support/gateway-process.ts'
import { startLateUpstream } from '../support/late-upstream.ts'
import { openSocket } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

// Longer than any test: a process that waits for it has hung.
const SHUTDOWN_GRACE_MS = '3600000'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`after ${signal} a create under way gets its 202, its connection does not hold up the end, and the exit code is 0`, async () => {
    const upstream = await startLateUpstream()
    const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS } })
    const key = await gateway.team()
    const answer = gateway.create(key)
    const create = await upstream.arrived()

    gateway.kill(signal)
    expect(await gateway.logged('gateway stopping')).toMatchObject({ level: 'info', signal })
    create.accept('task-of-the-last-minute')

    expect(await answer).toMatchObject({ status: 202, json: { task_info: { id: 'task-of-the-last-minute' } } })
    const ended = await gateway.ended
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' })
    const messages = messagesOf(ended.stdout)
    expect(messages.slice(messages.indexOf('gateway stopping'))).toEqual(['gateway stopping', 'task submitted', 'request', 'gateway stopped'])
  })
}

test('a create that finished while the gateway stopped is in the ledger of the next process', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const env = { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS }
  const gateway = await startGatewayProcess({ cwd, env })
  const key = await gateway.team()
  const answer = gateway.create(key)
  const create = await upstream.arrived()
  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')
  create.accept('task-1')
  await answer
  await gateway.ended

  const next = await startGatewayProcess({ cwd, env })

  expect(await next.tasks(key)).toEqual([{ task_id: 'task-1', status: 'pending', money: 'held' }])
})

test('a create whose client has gone is finished, logged and kept all the same when the gateway stops', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const env = { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS }
  const gateway = await startGatewayProcess({ cwd, env })
  const key = await gateway.team()
  const client = new AbortController()
  const answer = gateway.create(key, client.signal)
  const create = await upstream.arrived()
  client.abort()
  await expect(answer).rejects.toThrow()
  await roundTrips(gateway)

  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')
  expect(await gateway.call('GET', '/readyz')).toMatchObject({ status: 503 })
  create.accept('task-of-nobody')

  const ended = await gateway.ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(messagesOf(ended.stdout)).toContain('task submitted')
  expect(messagesOf(ended.stdout)).not.toContain('outcome not recorded')
  const next = await startGatewayProcess({ cwd, env })
  expect(await next.tasks(key)).toEqual([{ task_id: 'task-of-nobody', status: 'pending', money: 'held' }])
})

test('while it stops, a request on an open connection and one on a new connection get 503 draining, and neither reaches upstream', async () => {
  const upstream = await startLateUpstream()
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS } })
  const key = await gateway.team()
  const answer = gateway.create(key)
  const create = await upstream.arrived()
  const open = await beginRequest(gateway)

  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')
  const body = '{"prompt":"too late"}'
  open.write(`Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)

  const late = await text(open)
  expect(late).toMatch(/^HTTP\/1\.1 503 /)
  expect(late).toMatch(/^retry-after: 1\r$/im)
  expect(late).toMatch(/^connection: close\r$/im)
  expect(late).toContain('"code":"draining"')
  expect(await gateway.call('POST', '/generation', { key, body: { prompt: 'too late as well' } })).toMatchObject({ status: 503, json: { code: 'draining', error_code: 5032 } })
  create.accept('task-1')
  expect(await answer).toMatchObject({ status: 202 })
  expect(await gateway.ended).toMatchObject({ code: 0 })
  expect(upstream.creates()).toBe(1)
})

test('while it stops, it is alive and not ready', async () => {
  const upstream = await startLateUpstream()
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS } })
  const answer = gateway.create(await gateway.team())
  const create = await upstream.arrived()
  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')

  const probes = await Promise.all(['/livez', '/readyz', '/readyz?scope=instance'].map(path => gateway.call('GET', path)))
  expect(probes.map(({ status }) => status)).toEqual([200, 503, 503])
  create.accept('task-1')
  await answer
  expect(await gateway.ended).toMatchObject({ code: 0 })
})

test('with a delay, it is not ready at once and serves as ever until the delay is over, so that a balancer can turn to others first', async () => {
  const upstream = await startLateUpstream()
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS: '640000', SHUTDOWN_DELAY_MS: '600000' } })
  const key = await gateway.team()
  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')

  expect(await gateway.call('GET', '/readyz?scope=instance')).toMatchObject({ status: 503, json: { code: 'draining' } })
  const metrics = await fetch(`${gateway.origin}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  expect(await metrics.text()).toContain('\nmulegate_draining 1\n')
  const answer = gateway.create(key)
  const create = await upstream.arrived()
  create.accept('task-of-the-delay')
  expect(await answer).toMatchObject({ status: 202 })
  expect(await gateway.call('GET', '/v1/tasks', { key })).toMatchObject({ status: 200 })
  gateway.kill('SIGTERM')
  expect(await gateway.ended).toMatchObject({ code: 1 })
})

test('when the delay is over it stops as ever', async () => {
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { SHUTDOWN_DELAY_MS: '100' } })
  gateway.kill('SIGTERM')
  const ended = await gateway.ended
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(messagesOf(ended.stdout).slice(-2)).toEqual(['gateway stopping', 'gateway stopped'])
})

test('a second signal ends it at once, with exit code 1, and the create that was under way keeps its hold', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const env = { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS }
  const gateway = await startGatewayProcess({ cwd, env })
  const key = await gateway.team()
  const answer = gateway.create(key)
  const broken = expect(answer).rejects.toThrow()
  await upstream.arrived()

  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')
  gateway.kill('SIGINT')

  expect(await gateway.ended).toMatchObject({ code: 1, signal: null, stderr: '' })
  await broken
  const next = await startGatewayProcess({ cwd, env })
  expect(await next.tasks(key)).toEqual([{ task_id: null, status: 'submitting', money: 'held' }])
})

test('a client that never ends its request holds up the stop for the grace time and no longer', async () => {
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { UPSTREAM_TIMEOUT_MS: '100', SHUTDOWN_GRACE_MS: '5100' } })
  const open = await beginRequest(gateway)
  const lost = text(open).catch(() => 'reset')

  gateway.kill('SIGTERM')

  expect(await gateway.ended).toMatchObject({ code: 0, signal: null })
  expect(['', 'reset']).toContain(await lost)
})

/** Sends the first lines of a request, and resolves when the gateway has surely read them. */
async function beginRequest (gateway: GatewayProcess, requestLine = `POST ${GENERATION}`): Promise<Socket> {
  const socket = await openSocket(gateway.origin)
  socket.write(`${requestLine} HTTP/1.1\r\nHost: gateway\r\n`)
  await roundTrips(gateway)
  return socket
}

/** The gateway is one loop: what reached it before these calls was read before they were answered. */
async function roundTrips (gateway: GatewayProcess): Promise<void> {
  for (let trip = 0; trip < 3; trip++) expect(await gateway.call('GET', '/livez')).toMatchObject({ status: 200 })
}

const FAULTY = { NODE_OPTIONS: `--import=${new URL('../support/fault-on-signal.ts', import.meta.url).href}` }

test('a fault that nobody planned for ends the process with 1: nothing new is bought, and the create under way is finished and kept', async () => {
  const cwd = tempFolder()
  const upstream = await startLateUpstream()
  const env = { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS }
  const gateway = await startGatewayProcess({ cwd, env: { ...env, ...FAULTY } })
  const key = await gateway.team()
  const answer = gateway.create(key)
  const create = await upstream.arrived()

  gateway.kill('SIGUSR2')
  expect(await gateway.logged('gateway broken')).toMatchObject({ level: 'fatal', err: { message: 'a fault that nobody planned for' } })
  expect(await gateway.call('POST', GENERATION, { key, body: { prompt: 'another cat' } })).toMatchObject({ status: 503, json: { code: 'draining' } })
  // A second fault is no reason to leave the first create unrecorded.
  gateway.kill('SIGUSR2')
  await roundTrips(gateway)
  create.accept('task-of-the-fault')

  expect(await answer).toMatchObject({ status: 202 })
  const ended = await gateway.ended
  expect(ended).toMatchObject({ code: 1, signal: null, stderr: '' })
  expect(messagesOf(ended.stdout).filter(message => message === 'gateway broken')).toHaveLength(2)
  expect(messagesOf(ended.stdout).at(-1)).toBe('gateway stopped')
  expect(upstream.creates()).toBe(1)
  const next = await startGatewayProcess({ cwd, env })
  expect(await next.tasks(key)).toEqual([{ task_id: 'task-of-the-fault', status: 'pending', money: 'held' }])
})

for (const [when, signals] of [['', []], [' during that delay', ['SIGTERM']]] as const) {
  test(`a fault${when} lets no delay pass before nothing new is bought`, async () => {
    const upstream = await startLateUpstream()
    const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS: '640000', SHUTDOWN_DELAY_MS: '600000', ...FAULTY } })
    const key = await gateway.team()
    const answer = gateway.create(key)
    const create = await upstream.arrived()
    for (const signal of signals) {
      gateway.kill(signal)
      await gateway.logged('gateway stopping')
    }
    gateway.kill('SIGUSR2')
    await gateway.logged('gateway broken')
    expect(await gateway.call('POST', GENERATION, { key, body: { prompt: 'another cat' } })).toMatchObject({ status: 503, json: { code: 'draining' } })
    create.accept('task-of-the-fault')
    expect(await answer).toMatchObject({ status: 202 })
    expect(messagesOf((await gateway.ended).stdout).at(-1)).toBe('gateway stopped')
    expect(upstream.creates()).toBe(1)
  })
}

test('the first signal to a gateway that stops because it broke does not end it at once, the second one does', async () => {
  const upstream = await startLateUpstream()
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { MULEROUTER_BASE_URL: upstream.origin, SHUTDOWN_GRACE_MS, ...FAULTY } })
  const key = await gateway.team()
  const first = gateway.create(key)
  const create = await upstream.arrived()
  const second = gateway.create(key).catch(() => undefined)
  await upstream.arrived()
  gateway.kill('SIGUSR2')
  await gateway.logged('gateway broken')
  gateway.kill('SIGTERM')
  await roundTrips(gateway)
  create.accept('task-of-the-fault')
  expect(await first).toMatchObject({ status: 202 })
  gateway.kill('SIGTERM')
  await second
  const ended = await gateway.ended
  expect(ended).toMatchObject({ code: 1, signal: null })
  expect(messagesOf(ended.stdout)).not.toContain('gateway stopped')
})

test('a stop says how long it took', async () => {
  const gateway = await startGatewayProcess({ cwd: tempFolder(), env: { SHUTDOWN_GRACE_MS } })
  gateway.kill('SIGTERM')
  expect(await gateway.logged('gateway stopped')).toMatchObject({ level: 'info', duration_ms: expect.any(Number) })
  expect(await gateway.ended).toMatchObject({ code: 0 })
})
