// A pool of three tokens of which one is revoked, one out of balance and one limited: work goes on, and every task stays with the token that made it.
import { afterEach, expect, test } from 'vitest'
import { Secret } from '../../src/kernel/secret.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway, UPSTREAM_TOKEN, type Gateway } from '../support/gateway.ts'

// Their beginning is what no answer and no log line may show.
const TOKENS = ['a', 'b', 'c'].map(name => `${UPSTREAM_TOKEN}-${name}`)
const [A = '', B = '', C = ''] = TOKENS

let gateway: Gateway
afterEach(() => gateway.stop())

async function startWithPool (env: Record<string, string> = {}): Promise<string> {
  gateway = await startGateway({ MULEROUTER_API_KEY: TOKENS.join(','), STATUS_MAX_AGE_MS: '200', ...env })
  for (const token of TOKENS) gateway.simulator.token({ token })
  return (await gateway.team()).key
}

/** What arrived since a moment, as method and name of the token. */
function callsSince (from: number): string[] {
  return gateway.simulator.received.requests.slice(from).map(({ method, headers }) => `${method} ${headers['authorization']?.replace(`Bearer ${UPSTREAM_TOKEN}-`, '')}`)
}

function arrived (): number { return gateway.simulator.received.requests.length }

async function createMany (key: string, count: number): Promise<string[]> {
  const replies = await Promise.all(Array.from({ length: count }, () => gateway.create(key)))
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 202))
  return replies.map(({ json }) => json.task_info.id)
}

function said (message: string): object[] {
  return gateway.log().filter(({ msg }) => msg === message).map(({ level, credential, status }) => ({ level, credential, status }))
}

function fingerprint (token: string): string { return new Secret(token).fingerprint() }

test('creates that are under way at once are spread evenly over the pool', async () => {
  const key = await startWithPool()
  const creates = Array.from({ length: 30 }, () => gateway.create(key, { prompt: '[[hold]]' }))
  await eventually(() => gateway.simulator.held === 30, 'all creates are under way')
  gateway.simulator.release()
  await Promise.all(creates)
  const calls = callsSince(0)
  expect(['a', 'b', 'c'].map(name => calls.filter(call => call === `POST ${name}`).length)).toEqual([10, 10, 10])
})

test('work continues while one is revoked, one out of balance and one limited, one after the other, and each rest ends by itself', async () => {
  const key = await startWithPool()
  const { simulator, clock } = gateway
  simulator.token({ token: A, refuse: 401 })
  await createMany(key, 20)
  simulator.token({ token: B, refuse: 402, on: 'create' })
  await createMany(key, 20)
  const resting = arrived()
  await createMany(key, 20)
  expect(new Set(callsSince(resting))).toEqual(new Set(['POST c']))
  expect(said('upstream token refused')).toEqual([{ level: 'error', credential: fingerprint(A), status: 401 }])
  expect(said('upstream account out of funds')).toEqual([{ level: 'error', credential: fingerprint(B), status: 402 }])

  // The one that was left is limited for two minutes; the others are mended before that.
  simulator.token({ token: C, refuse: 429, on: 'create', retry_after_s: 120 })
  simulator.token({ token: A })
  simulator.token({ token: B })
  clock.advance(60_000)
  await createMany(key, 20)
  expect(said('upstream token limited')).toEqual([{ level: 'warn', credential: fingerprint(C), status: 429 }])
  simulator.token({ token: C })
  const limited = arrived()
  clock.advance(119_000)
  await createMany(key, 20)
  expect(callsSince(limited)).not.toContain('POST c')
  clock.advance(1000)
  await createMany(key, 30)
  expect(callsSince(limited)).toContain('POST c')
  expect(said('upstream token used again').map(line => 'credential' in line ? line.credential : '').sort()).toEqual([A, B, C].map(fingerprint).sort())
})

test('two that stay refused are tried again every minute, and no create fails of it', async () => {
  const key = await startWithPool()
  for (const token of [A, B]) {
    gateway.simulator.token({ token, refuse: 401 })
    await createMany(key, 3)
  }
  for (let minute = 0; minute < 5; minute++) {
    gateway.clock.advance(60_000)
    const from = arrived()
    await createMany(key, 10)
    expect(new Set(callsSince(from))).toEqual(new Set(['POST a', 'POST b', 'POST c']))
  }
})

test('each task is read and deleted with the token that made it, whichever of them rest for creates', async () => {
  const key = await startWithPool()
  const { simulator, clock } = gateway
  const made = new Map<string, string>()
  for (let index = 0; index < 9; index++) {
    const from = arrived()
    const [taskId = ''] = await createMany(key, 1)
    made.set(taskId, callsSince(from)[0]?.replace('POST ', '') ?? '')
  }
  expect(new Set(made.values())).toEqual(new Set(['a', 'b', 'c']))
  simulator.token({ token: A, refuse: 402, on: 'create' })
  await createMany(key, 6)
  simulator.token({ token: B, refuse: 429, on: 'create', retry_after_s: 300 })
  await createMany(key, 6)

  clock.advance(1000)
  const from = arrived()
  for (const [taskId, name] of made) {
    const before = arrived()
    expect((await gateway.read(key, taskId)).json.task_info.status).toBe('pending')
    expect((await gateway.call('DELETE', `/generation/${taskId}`, { key })).status).toBe(200)
    expect(callsSince(before)).toEqual([`GET ${name}`, `GET ${name}`, `DELETE ${name}`])
  }
  expect(callsSince(from)).toHaveLength(27)
})

test('a token that is refused a look rests for creates as well', async () => {
  const key = await startWithPool()
  const [taskId = ''] = await createMany(key, 1)
  gateway.simulator.token({ token: A, refuse: 429, on: 'read', retry_after_s: 30 })
  gateway.clock.advance(1000)
  await gateway.read(key, taskId)
  const from = arrived()
  await createMany(key, 10)
  expect(new Set(callsSince(from))).toEqual(new Set(['POST b', 'POST c']))
})

test('the task of a token that is revoked, but still in the pool, is followed by another one of its account', async () => {
  const key = await startWithPool()
  const { simulator, clock } = gateway
  const [taskId = ''] = await createMany(key, 1)
  simulator.token({ token: C, account_of: A })
  simulator.token({ token: A, refuse: 401 })
  clock.advance(3_600_000)
  const from = arrived()
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('completed')
  expect(callsSince(from)).toEqual(['GET a', 'GET b', 'GET c'])
})

test('a refusal in MuleRouter\'s words shows none of the tokens, should it ever repeat one', async () => {
  const key = await startWithPool()
  for (const token of TOKENS) gateway.simulator.token({ token, refuse: 401 })
  const reply = await gateway.create(key)
  expect(reply).toMatchObject({ status: 502, json: { code: 'upstream_credentials' } })
  expect(callsSince(0)).toHaveLength(2)
})
