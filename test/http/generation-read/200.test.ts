// Reading a task: MuleRouter's own body through all its states, and whatever a client of MuleRouter sends along.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, newestTask, SPENT, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'

let gateway: Gateway
let key: string
beforeAll(async () => { gateway = await startGateway() })
beforeEach(async () => {
  gateway.clock.set('2026-11-22T12:00:00Z')
  key = (await gateway.team({ limits: COUNTED })).key
})
afterAll(() => gateway.stop())

async function created (prompt = 'a cat'): Promise<string> {
  const { status, json, text } = await gateway.create(key, { prompt })
  expect(status, text).toBe(202)
  return json.task_info.id
}

/** What the provider itself says now. */
async function atTheProvider (taskId: string): Promise<unknown> {
  const { authorization = '' } = gateway.simulator.received.requests.at(-1)?.headers ?? {}
  const reply = await fetch(`${gateway.simulator.origin}${GENERATION}/${taskId}`, { headers: { authorization } })
  return reply.json()
}

test('a task goes through pending, processing and completed with videos, each time in MuleRouter\'s own body', async () => {
  const taskId = await created()
  expect(await gateway.read(key, taskId)).toMatchObject({ status: 200, json: { task_info: { id: taskId, status: 'pending' } } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)

  gateway.clock.advance(PENDING_MS)
  const processing = await gateway.read(key, taskId)
  expect(processing).toMatchObject({ status: 200, json: { task_info: { id: taskId, status: 'processing' } } })
  expect(processing.json).toEqual(await atTheProvider(taskId))
  expect(processing.json).not.toHaveProperty('videos')
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)

  gateway.clock.advance(PROCESSING_MS)
  const completed = await gateway.read(key, taskId)
  expect(completed).toMatchObject({ status: 200, json: { task_info: { id: taskId, status: 'completed' }, videos: [expect.stringMatching(/^http.*\.mp4/)] } })
  expect(completed.json).toEqual(await atTheProvider(taskId))
  expect(completed.headers['content-type']).toMatch(/^application\/json(;|$)/)
  expect(await accountOf(gateway, key)).toEqual(SPENT)
  expect(await newestTask(gateway, key)).toMatchObject({ task_id: taskId, status: 'completed', money: 'spent' })
})

test('the video of a completed task can be fetched from the URL in videos', async () => {
  const taskId = await created()
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const { json } = await gateway.read(key, taskId)
  const video = await fetch(json.videos[0])
  expect({ status: video.status, type: video.headers.get('content-type') }).toEqual({ status: 200, type: 'video/mp4' })
  expect((await video.arrayBuffer()).byteLength).toBeGreaterThan(1000)
})

test('a failed task is answered 200 with MuleRouter\'s error, and refunded', async () => {
  const taskId = await created('a cat [[fail]]')
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const failed = await gateway.read(key, taskId)
  expect(failed).toMatchObject({
    status: 200, json: { task_info: { id: taskId, status: 'failed', error: { code: 3001, title: expect.any(String), detail: expect.any(String) } } }
  })
  expect(failed.json).not.toHaveProperty('videos')
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  expect(await newestTask(gateway, key)).toMatchObject({ status: 'failed', money: 'refunded' })
})

test('with CHARGE_FAILED_TASKS=true a failed task stays spent', async () => {
  const charging = await startGateway({ CHARGE_FAILED_TASKS: 'true' })
  const caller = await charging.team({ limits: COUNTED })
  const { json } = await charging.create(caller.key, { prompt: 'a cat [[fail]]' })
  charging.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await charging.read(caller.key, json.task_info.id)).json.task_info.status).toBe('failed')
  expect(await accountOf(charging, caller.key)).toEqual(SPENT)
  await charging.stop()
})

test('a task that ended is answered in the same words for as long as it is kept', async () => {
  const taskId = await created()
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const first = await gateway.read(key, taskId)
  const { reads } = gateway.simulator.received
  gateway.clock.advance(24 * 3_600_000)
  expect((await gateway.read(key, taskId)).text).toBe(first.text)
  expect(gateway.simulator.received.reads).toBe(reads)
  expect(await accountOf(gateway, key)).toMatchObject({ usd: '0.50', usdHeld: '0.00' })
})

test('every key of the team reads the team\'s tasks', async () => {
  const owner = await gateway.team()
  const { json } = await gateway.create(owner.key)
  const colleague = await gateway.mint(owner.team)
  expect((await gateway.read(colleague.key, json.task_info.id)).json).toEqual(json)
})

test('a task outlives the key that made it', async () => {
  const owner = await gateway.team()
  const { json } = await gateway.create(owner.key)
  const colleague = await gateway.mint(owner.team)
  await gateway.admin('DELETE', `/admin/v1/keys/${owner.keyId}`)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.read(colleague.key, json.task_info.id)).json.task_info.status).toBe('completed')
})

const ways: { name: string, read: (taskId: string) => Promise<Reply> }[] = [
  { name: 'the long name', read: taskId => gateway.call('GET', `${GENERATION}/${taskId}`, { key }) },
  { name: 'the short name', read: taskId => gateway.call('GET', `/generation/${taskId}`, { key }) },
  { name: 'two slashes', read: taskId => gateway.call('GET', `/${GENERATION}/${taskId}`, { key }) },
  { name: 'a Content-Type and no body', read: taskId => gateway.call('GET', `${GENERATION}/${taskId}`, { key, headers: { 'content-type': 'application/json' } }) },
  { name: 'a Content-Type and a body of nothing', read: taskId => gateway.call('GET', `${GENERATION}/${taskId}`, { key, body: '' }) },
  { name: 'a query', read: taskId => gateway.call('GET', `${GENERATION}/${taskId}?_=1234`, { key }) }
]

for (const { name, read } of ways) {
  test(`a task is read by ${name}`, async () => {
    const taskId = await created()
    expect(await read(taskId)).toMatchObject({ status: 200, json: { task_info: { id: taskId, status: 'pending' } } })
  })
}

test('HEAD of a task answers as GET does, without the body', async () => {
  const taskId = await created()
  const [head, get] = [await gateway.call('HEAD', `${GENERATION}/${taskId}`, { key }), await gateway.read(key, taskId)]
  expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': get.headers['content-length'] } })
})
