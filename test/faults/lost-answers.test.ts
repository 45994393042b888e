// A caller that goes away before it is answered, and comes back with the same body, gets the task that it began.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { GENERATION, startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let key: string

const BODY = { prompt: 'a cat [[hold]]' }

beforeEach(async () => {
  gateway = await startGateway()
  key = (await gateway.team({ limits: COUNTED })).key
})
afterEach(() => gateway.stop())

/** Sends creates, and goes away when upstream has them all. */
async function sendAndLeave (bodies: readonly object[] = [BODY]): Promise<void> {
  const leaving = new AbortController()
  const creates = bodies.map(body => fetch(`${gateway.origin}${GENERATION}`, {
    method: 'POST', signal: leaving.signal, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(body)
  }))
  await eventually(() => gateway.simulator.held === bodies.length, 'the creates arrived upstream')
  leaving.abort()
  for (const create of creates) await expect(create).rejects.toThrow()
  await eventually(() => gateway.log().filter(({ msg }) => msg === 'answer lost').length === bodies.length, 'the gateway noticed')
}

test('the same body again, while the first still runs, waits for it and gets its task', async () => {
  await sendAndLeave()
  const again = gateway.create(key, BODY)
  gateway.simulator.release()
  const reply = await again
  expect(reply).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } })
  expect(gateway.simulator.received.creates).toBe(1)
  expect(gateway.simulator.received.tasks).toEqual([reply.json.task_info.id])
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('the same body again, after the first was accepted, gets its task, once: the next one is a new task', async () => {
  await sendAndLeave()
  gateway.simulator.release()
  await eventually(() => gateway.log().some(({ msg }) => msg === 'task submitted'), 'the first was accepted')

  const again = await gateway.create(key, BODY)
  expect(again).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } })
  const next = gateway.create(key, BODY)
  await eventually(() => gateway.simulator.held === 1, 'the next one arrived')
  gateway.simulator.release()
  expect((await next).headers['idempotency-replayed']).toBeUndefined()
  expect(gateway.simulator.received.creates).toBe(2)
})

test('two that were lost are taken over one by one', async () => {
  await sendAndLeave([BODY, BODY])
  gateway.simulator.release()
  await eventually(() => gateway.log().filter(({ msg }) => msg === 'task submitted').length === 2, 'both were accepted')
  const replies = [await gateway.create(key, BODY), await gateway.create(key, BODY)]
  expect(new Set(replies.map(({ json }) => json.task_info.id))).toEqual(new Set(gateway.simulator.received.tasks))
  expect(gateway.simulator.received.creates).toBe(2)
})

test('after ten minutes, with another key, or with another body it is a new task', async () => {
  await sendAndLeave()
  gateway.simulator.release()
  await eventually(() => gateway.log().some(({ msg }) => msg === 'task submitted'), 'the first was accepted')
  const other = await gateway.team()
  for (const create of [() => gateway.create(other.key, BODY), () => gateway.create(key, { prompt: 'a dog [[hold]]' })]) {
    const reply = create()
    await eventually(() => gateway.simulator.held === 1, 'it arrived upstream')
    gateway.simulator.release()
    expect((await reply).headers['idempotency-replayed']).toBeUndefined()
  }
  gateway.clock.advance(600_000)
  const late = gateway.create(key, BODY)
  await eventually(() => gateway.simulator.held === 1, 'it arrived upstream')
  gateway.simulator.release()
  expect((await late).headers['idempotency-replayed']).toBeUndefined()
  expect(gateway.simulator.received.creates).toBe(4)
})

test('one that was lost with an unknown outcome answers 409 and is not sent again', async () => {
  const strict = await startGateway({ UPSTREAM_TIMEOUT_MS: '300' })
  try {
    const { key } = await strict.team({ limits: COUNTED })
    const leaving = new AbortController()
    const create = fetch(`${strict.origin}${GENERATION}`, {
      method: 'POST', signal: leaving.signal, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(BODY)
    })
    await eventually(() => strict.simulator.held === 1, 'the create arrived upstream')
    leaving.abort()
    await expect(create).rejects.toThrow()
    await eventually(() => strict.log().some(({ msg }) => msg === 'task unknown'), 'the deadline passed')
    expect(await strict.create(key, BODY)).toMatchObject({ status: 409, json: { code: 'outcome_unknown' } })
    expect(strict.simulator.received.creates).toBe(1)
  } finally {
    await strict.stop()
  }
})

test('one that was lost and refused is forgotten: the next one is sent', async () => {
  gateway.simulator.inject({ on: 'create', fault: 'hold', times: 1 })
  await sendAndLeave([{ prompt: 'a cat [[status=400]]' }])
  gateway.simulator.release()
  await eventually(() => gateway.log().some(({ msg }) => msg === 'task refused'), 'the first was refused')
  expect(await gateway.create(key, { prompt: 'a cat [[status=400]]' })).toMatchObject({ status: 400 })
  expect(gateway.simulator.received.creates).toBe(2)
})

test('a caller that hangs up and asks again at once over another connection gets its task', async () => {
  for (let round = 1; round <= 20; round++) {
    const prompt = `a cat in a hurry ${round} [[hold]]`
    const body = JSON.stringify({ prompt })
    const head = `POST ${GENERATION} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const [first, second] = [connect(Number(new URL(gateway.origin).port)), connect(Number(new URL(gateway.origin).port))]
    await Promise.all([once(first, 'connect'), once(second, 'connect')])
    first.write(head + body)
    await eventually(() => gateway.simulator.held === 1, 'the create arrived upstream')
    first.resetAndDestroy()
    second.write(head + body)
    await eventually(() => gateway.log().filter(({ msg }) => msg === 'answer lost').length === round, 'the gateway noticed')
    gateway.simulator.release()
    const [answer] = await once(second, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 202 [^]*idempotency-replayed: true/)
    second.destroy()
  }
  expect(gateway.simulator.received.creates).toBe(20)
})

test('a lost task that was deleted since does not hide another one that was lost', async () => {
  await sendAndLeave([BODY, BODY])
  gateway.simulator.release()
  await eventually(() => gateway.log().filter(({ msg }) => msg === 'task submitted').length === 2, 'both were accepted')
  const [first = ''] = gateway.simulator.received.tasks
  expect((await gateway.call('DELETE', `${GENERATION}/${first}`, { key })).status).toBe(200)
  expect((await gateway.create(key, BODY)).json.task_info.id).toBe(gateway.simulator.received.tasks[1])
  expect(gateway.simulator.received.creates).toBe(2)
})

test('two identical creates that were both answered are two tasks, also when they are sent at once', async () => {
  const replies = await Promise.all([gateway.create(key), gateway.create(key)])
  const third = await gateway.create(key)
  expect(new Set([...replies, third].map(({ json }) => json.task_info.id)).size).toBe(3)
})

test('with an Idempotency-Key a lost answer is replayed by it', async () => {
  const leaving = new AbortController()
  const headers = { 'idempotency-key': 'lost-and-found' }
  const create = fetch(`${gateway.origin}${GENERATION}`, {
    method: 'POST', signal: leaving.signal, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify(BODY)
  })
  await eventually(() => gateway.simulator.held === 1, 'the create arrived upstream')
  leaving.abort()
  await expect(create).rejects.toThrow()
  gateway.simulator.release()
  await eventually(() => gateway.log().some(({ msg }) => msg === 'task submitted'), 'the first was accepted')
  expect(await gateway.call('POST', GENERATION, { key, body: BODY, headers })).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } })
  expect(gateway.simulator.received.creates).toBe(1)
})
