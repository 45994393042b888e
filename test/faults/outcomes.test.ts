// Every way in which a create can end on the wire: what the caller sees, what the task becomes, what happens to its price.
// The fault is made at the socket, and in each case exactly one POST arrives.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { COUNTED, IN_DOUBT, newestTask, accountOf, UNDER_WAY, UNTOUCHED, type Account } from '../support/account.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let key: string

// Long enough for a busy machine to answer everything but the answer that is held back.
const UPSTREAM_TIMEOUT_MS = 3000

beforeEach(async () => {
  gateway = await startGateway({ UPSTREAM_TIMEOUT_MS: String(UPSTREAM_TIMEOUT_MS) })
  key = (await gateway.team({ limits: COUNTED })).key
})
afterEach(() => gateway.stop())

type Row = { name: string, prompt: string, status: number, code?: string, state: string, money: string, account: Account, made: number, log: string }

const refused = { state: 'refused', money: 'refunded', account: UNTOUCHED, made: 0, log: 'task refused' }
const unknown = { status: 409, code: 'outcome_unknown', state: 'unknown', money: 'held', account: IN_DOUBT, made: 1, log: 'task unknown' }

const rows: Row[] = [
  { name: 'a 2xx with a task id is accepted', prompt: 'a cat', status: 202, state: 'pending', money: 'held', account: UNDER_WAY, made: 1, log: 'task submitted' },
  ...[400, 404, 409, 418, 423, 451].map(status => ({
    name: `${status} is a refusal, passed on`, prompt: `[[status=${status}]]`, status, code: 'upstream_refused', ...refused
  })),
  { name: '402 is a refusal, passed on without figures', prompt: '[[status=402]]', status: 402, code: 'upstream_refused', ...refused },
  { name: '429 is a refusal, passed on', prompt: '[[status=429]]', status: 429, code: 'upstream_refused', ...refused },
  { name: '401 is a refusal of the gateway\'s own token', prompt: '[[status=401]]', status: 502, code: 'upstream_credentials', ...refused },
  { name: '403 is a refusal of the gateway\'s own token', prompt: '[[status=403]]', status: 502, code: 'upstream_credentials', ...refused },
  ...[500, 502, 503].map(status => ({
    name: `${status} in the provider's own shape is a refusal`, prompt: `[[status=${status}]]`, status: 502, code: 'upstream_error', ...refused
  })),
  { name: 'a redirect is a refusal and is never followed', prompt: '[[redirect]]', status: 502, code: 'upstream_error', ...refused },
  ...[500, 502, 503, 504].map(status => ({
    name: `${status} as a proxy's page leaves the outcome unknown`, prompt: `[[html=${status}]]`, ...unknown, made: 0
  })),
  { name: '504 leaves the outcome unknown whatever its shape', prompt: '[[status=504]]', ...unknown, made: 0 },
  { name: '408 leaves the outcome unknown', prompt: '[[status=408]]', ...unknown, made: 0 },
  { name: 'an answer after the deadline leaves the outcome unknown', prompt: '[[hold]]', ...unknown },
  { name: 'a reset after the request was read leaves the outcome unknown', prompt: '[[reset]]', ...unknown },
  { name: 'a 2xx that is cut off leaves the outcome unknown', prompt: '[[cut]]', ...unknown },
  { name: 'a 2xx that is not JSON leaves the outcome unknown', prompt: '[[not-json]]', ...unknown },
  { name: 'a 2xx without an id leaves the outcome unknown', prompt: '[[no-id]]', ...unknown }
]

test.each(rows)('$name', async ({ prompt, status, code, state, money, account, made, log }) => {
  const reply = await gateway.create(key, { prompt })

  expect(reply.status, reply.text).toBe(status)
  expect(reply.json.code).toBe(code)
  const task = await newestTask(gateway, key)
  expect(task).toMatchObject({ status: state, money })
  if (code === 'outcome_unknown') expect(reply.json.task_ref).toBe(task.task_ref)
  expect(await accountOf(gateway, key)).toEqual(account)
  // The headers say what the create costs and what is left after it, whatever became of it.
  expect(reply.headers).toMatchObject({ 'mulegate-price-usd': '0.50', 'ratelimit-policy': '"team-day";q=100;w=86400' })
  expect(reply.headers['ratelimit']).toMatch(new RegExp(`^"team-day";r=${100 - account.tasks};t=\\d+$`))
  expect(gateway.simulator.received).toMatchObject({ creates: 1, accepted: made })
  expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: log, task_ref: task.task_ref }))
})

test('a reset before the request is read leaves the outcome unknown, for its bytes were handed to a connected socket', async () => {
  gateway.simulator.inject({ on: 'create', fault: 'reset-before', times: 1 })
  expect(await gateway.create(key)).toMatchObject({ status: 409, json: { code: 'outcome_unknown' } })
  expect(await accountOf(gateway, key)).toEqual(IN_DOUBT)
  expect(gateway.simulator.received.creates).toBe(0)
})

test('an idle connection that is closed just as it is reused leaves the outcome unknown, and nothing is sent twice', async () => {
  gateway.simulator.inject({ on: 'create', fault: 'close-on-reuse', times: 1 })
  expect((await gateway.create(key)).status).toBe(202)
  const second = await gateway.create(key)
  expect(second.json.code).toBe('outcome_unknown')
  expect(await accountOf(gateway, key)).toMatchObject({ inFlight: 1, tasks: 2, tasksHeld: 2 })
  expect(gateway.simulator.received).toMatchObject({ creates: 1, accepted: 1 })
})

test('a refused connection is provably unsent: the price goes back, and the next create is served when the door opens again', async () => {
  await gateway.simulator.stopListening()
  expect(await gateway.create(key)).toMatchObject({ status: 503, json: { code: 'upstream_unreachable' }, headers: { 'retry-after': '1' } })
  expect(await newestTask(gateway, key)).toMatchObject({ status: 'unsent', money: 'refunded' })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)

  await gateway.simulator.resumeListening()
  expect((await gateway.create(key)).status).toBe(202)
  expect(gateway.simulator.received.creates).toBe(1)
})

test('ten refused connections in a row open the breaker for a second, in which nobody knocks; a sent call closes it', async () => {
  await gateway.simulator.stopListening()
  for (let call = 1; call <= 10; call++) expect((await gateway.create(key)).status).toBe(503)
  await gateway.simulator.resumeListening()

  const resting = await gateway.create(key)
  expect(resting).toMatchObject({ status: 503, json: { code: 'upstream_unreachable' } })
  expect(gateway.simulator.received.creates).toBe(0)

  gateway.clock.advance(1000)
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(key)).status).toBe(202)
  expect(await accountOf(gateway, key)).toMatchObject({ tasks: 2, tasksHeld: 2 })
})

test('with UPSTREAM_5XX=unknown a 500 in the provider\'s own shape keeps the hold', async () => {
  const strict = await startGateway({ UPSTREAM_5XX: 'unknown' })
  try {
    const { key } = await strict.team({ limits: COUNTED })
    expect((await strict.create(key, { prompt: '[[status=500]]' })).json.code).toBe('outcome_unknown')
    expect(await accountOf(strict, key)).toEqual(IN_DOUBT)
  } finally {
    await strict.stop()
  }
})

test('a call that finds no free place within two seconds is unsent', async () => {
  const narrow = await startGateway({ UPSTREAM_CONNECTIONS: '1' })
  try {
    const { key } = await narrow.team({ limits: COUNTED })
    const first = narrow.create(key, { prompt: '[[hold]]' })
    expect(await narrow.create(key)).toMatchObject({ status: 503, json: { code: 'upstream_unreachable' } })
    narrow.simulator.release()
    expect((await first).status).toBe(202)
    expect(narrow.simulator.received.creates).toBe(1)
    expect(await accountOf(narrow, key)).toEqual(UNDER_WAY)
  } finally {
    await narrow.stop()
  }
})
