// How often MuleRouter is asked: once per STATUS_MAX_AGE_MS however many read, and never for what is known for good.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, UNDER_WAY } from '../../support/account.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'

const MAX_AGE_MS = 3000
const READERS = 50

let gateway: Gateway
let key: string
let taskId: string
beforeAll(async () => { gateway = await startGateway() })
beforeEach(async () => {
  key = (await gateway.team({ limits: COUNTED })).key
  taskId = (await gateway.create(key)).json.task_info.id
  gateway.simulator.received.reads = 0
})
afterAll(() => gateway.stop())

const readByMany = () => Promise.all(Array.from({ length: READERS }, () => gateway.read(key, taskId)))

test('a task that was just created is not looked at', async () => {
  gateway.clock.advance(MAX_AGE_MS - 1)
  for (const { json } of await readByMany()) expect(json.task_info.status).toBe('pending')
  expect(gateway.simulator.received.reads).toBe(0)
})

test(`${READERS} readers at once cost MuleRouter one look, and so does each further STATUS_MAX_AGE_MS`, async () => {
  for (const looks of [1, 2, 3]) {
    gateway.clock.advance(MAX_AGE_MS)
    for (const { status } of await readByMany()) expect(status).toBe(200)
    expect(gateway.simulator.received.reads).toBe(looks)
    gateway.clock.advance(MAX_AGE_MS - 1)
    await readByMany()
    expect(gateway.simulator.received.reads).toBe(looks)
    gateway.clock.advance(1 - MAX_AGE_MS)
  }
})

test(`${READERS} readers that see a task fail together refund it once`, async () => {
  const { json } = await gateway.create(key, { prompt: 'another cat [[fail]]' })
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await Promise.all(Array.from({ length: READERS }, () => gateway.read(key, json.task_info.id)))
  expect((await gateway.read(key, json.task_info.id)).json.task_info.status).toBe('failed')
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('the last state is known after one look, and a task that ended is never looked at again', async () => {
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('completed')
  for (let i = 0; i < 5; i++) {
    gateway.clock.advance(60_000)
    await readByMany()
  }
  expect(gateway.simulator.received.reads).toBe(1)
})

test('lists and usage look at nothing', async () => {
  gateway.clock.advance(60_000)
  await gateway.call('GET', '/v1/tasks', { key })
  await gateway.usage(key)
  expect(gateway.simulator.received.reads).toBe(0)
})

test('a look is at the task that is read, not at the team\'s other tasks', async () => {
  const other = (await gateway.create(key)).json.task_info.id
  gateway.clock.advance(MAX_AGE_MS)
  await gateway.read(key, taskId)
  expect(gateway.simulator.received.reads).toBe(1)
  expect(gateway.simulator.received.requests.at(-1)?.path).toBe(`${GENERATION}/${taskId}`)
  await gateway.read(key, other)
  expect(gateway.simulator.received.reads).toBe(2)
})

test('STATUS_MAX_AGE_MS decides how old a status may be', async () => {
  const patient = await startGateway({ STATUS_MAX_AGE_MS: '60000' })
  const caller = await patient.team()
  const { json } = await patient.create(caller.key)
  patient.clock.advance(59_999)
  expect((await patient.read(caller.key, json.task_info.id)).json.task_info.status).toBe('pending')
  expect(patient.simulator.received.reads).toBe(0)
  patient.clock.advance(1)
  expect((await patient.read(caller.key, json.task_info.id)).json.task_info.status).toBe('processing')
  expect(patient.simulator.received.reads).toBe(1)
  await patient.stop()
})

test('while MuleRouter is away a task is answered 200 from the ledger, completed ones with their videos', async () => {
  const lonely = await startGateway()
  const caller = await lonely.team()
  const done = (await lonely.create(caller.key)).json.task_info.id
  lonely.clock.advance(PENDING_MS + PROCESSING_MS)
  const { text } = await lonely.read(caller.key, done)
  const running = (await lonely.create(caller.key)).json

  await lonely.simulator.close()
  lonely.clock.advance(60_000)
  expect(await lonely.read(caller.key, done)).toMatchObject({ status: 200, text })
  expect(await lonely.read(caller.key, running.task_info.id)).toMatchObject({ status: 200, json: running })
  lonely.clock.advance(60_000)
  expect(await lonely.read(caller.key, running.task_info.id)).toMatchObject({ status: 200, json: running })
  await lonely.stop()
})
