// `GET /v1/tasks`: the team's own tasks, newest first, a page at a time.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { answer, pointingAt, providerError, startUpstream, taskAnswer } from '../../support/scripted-upstream.ts'

const MODEL = 'alibaba/wan2.2-t2v-plus'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

const list = (key: string, query = ''): Promise<Reply> => gateway.call('GET', `/v1/tasks${query}`, { key })
const idsOf = ({ json }: Reply): string[] => json.data.map(({ task_id: id }: { task_id: string }) => id)

async function createdBy (key: string, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) ids.unshift((await gateway.create(key)).json.task_info.id)
  return ids
}

test('a task in a list has exactly the members of the contract', async () => {
  gateway.clock.set('2026-11-22T12:00:00.250Z')
  const { team, keyId, key } = await gateway.team()
  const { json } = await gateway.create(key, { prompt: 'a cat', size: '832*480' })
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await gateway.read(key, json.task_info.id)
  const reply = await list(key)
  expect(reply.status).toBe(200)
  expect(reply.json).toEqual({
    data: [{
      task_ref: expect.stringMatching(/^tsk_[0-9A-Za-z]+$/),
      task_id: json.task_info.id,
      model: MODEL,
      status: 'completed',
      money: 'spent',
      price_usd: '0.10',
      team,
      key_id: keyId,
      created_at: '2026-11-22T12:00:00.250Z',
      updated_at: '2026-11-22T12:01:10.250Z'
    }],
    next_cursor: null
  })
})

test('a team without tasks has an empty list', async () => {
  const { key } = await gateway.team()
  expect((await list(key)).json).toEqual({ data: [], next_cursor: null })
})

test('tasks are listed newest first, also those of the same millisecond', async () => {
  const { key } = await gateway.team()
  const ids = await createdBy(key, 5)
  expect(idsOf(await list(key))).toEqual(ids)
})

test('a list has the tasks of all keys of the team, and of no other team', async () => {
  const first = await gateway.team()
  const second = await gateway.mint(first.team)
  const stranger = await gateway.team()
  const [own] = await createdBy(first.key, 1)
  const [colleagues] = await createdBy(second.key, 1)
  await createdBy(stranger.key, 1)
  for (const { key } of [first, second]) {
    const reply = await list(key)
    expect(idsOf(reply)).toEqual([colleagues, own])
    expect(reply.json.data.map(({ key_id: keyId }: { key_id: string }) => keyId)).toEqual([second.keyId, first.keyId])
  }
})

test('the pages of a list are the whole list, without gaps and repetitions, and the last one has no cursor', async () => {
  const { key } = await gateway.team()
  const ids = await createdBy(key, 7)
  const pages: string[][] = []
  let cursor: string | null = null
  do {
    const reply: Reply = await list(key, `?limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    pages.push(idsOf(reply))
    cursor = reply.json.next_cursor
  } while (cursor !== null)
  expect(pages).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
})

test('a page that ends exactly with the list has no cursor', async () => {
  const { key } = await gateway.team()
  await createdBy(key, 3)
  expect((await list(key, '?limit=3')).json).toMatchObject({ data: [{}, {}, {}], next_cursor: null })
})

test('a task that begins while somebody turns the pages does not move them', async () => {
  const { key } = await gateway.team()
  const ids = await createdBy(key, 4)
  const { json } = await list(key, '?limit=2')
  await createdBy(key, 2)
  expect(idsOf(await list(key, `?limit=2&cursor=${encodeURIComponent(json.next_cursor)}`))).toEqual(ids.slice(2))
})

test('a cursor from another team\'s list shows nothing of that team', async () => {
  const [first, second] = [await gateway.team(), await gateway.team()]
  const own = await createdBy(second.key, 1)
  await createdBy(first.key, 3)
  const { json } = await list(first.key, '?limit=1')
  const reply = await list(second.key, `?cursor=${encodeURIComponent(json.next_cursor)}`)
  expect(own).toEqual(expect.arrayContaining(idsOf(reply)))
})

test('without a limit a page has 20 tasks, and with the largest one 100', async () => {
  const { key } = await gateway.team()
  await createdBy(key, 101)
  expect((await list(key)).json.data).toHaveLength(20)
  expect((await list(key, '?limit=1')).json.data).toHaveLength(1)
  const hundred = (await list(key, '?limit=100')).json
  expect(hundred.data).toHaveLength(100)
  expect(hundred.next_cursor).toEqual(expect.any(String))
})

test('status and model narrow the list, alone and together, and the pages too', async () => {
  const { key } = await gateway.team()
  const [third, second, first] = await createdBy(key, 3)
  await gateway.call('DELETE', `${GENERATION}/${second}`, { key })
  expect(idsOf(await list(key, '?status=deleted'))).toEqual([second])
  expect(idsOf(await list(key, '?status=pending'))).toEqual([third, first])
  expect(idsOf(await list(key, '?status=completed'))).toEqual([])
  expect(idsOf(await list(key, `?model=${MODEL}`))).toEqual([third, second, first])
  expect(idsOf(await list(key, '?model=alibaba/another'))).toEqual([])
  expect(idsOf(await list(key, `?status=pending&model=${encodeURIComponent(MODEL)}`))).toEqual([third, first])
  const page = await list(key, '?status=pending&limit=1')
  expect(idsOf(page)).toEqual([third])
  expect(idsOf(await list(key, `?status=pending&limit=1&cursor=${encodeURIComponent(page.json.next_cursor)}`))).toEqual([first])
})

test('every end of a task has its status and its money', async () => {
  const upstream = await startUpstream()
  const scripted = await startGateway(pointingAt(upstream.origin))
  const { key } = await scripted.team()
  const created = async (id: string) => {
    upstream.script = taskAnswer(202, id)
    await scripted.create(key)
  }
  const seen = async (id: string, status: string, more = {}) => {
    upstream.script = taskAnswer(200, id, status, more)
    scripted.clock.advance(3000)
    await scripted.read(key, id)
  }

  await created('pending')
  await created('processing')
  await seen('processing', 'processing')
  await created('completed')
  await seen('completed', 'completed', { videos: ['https://cdn.example/v.mp4'] })
  await created('failed')
  await seen('failed', 'failed')
  upstream.script = providerError(400)
  await scripted.create(key)
  upstream.script = answer(504, '')
  await scripted.create(key)

  const { json } = await scripted.call('GET', '/v1/tasks', { key })
  expect(json.data.map(({ task_id: id, status, money }: Record<string, unknown>) => ({ id, status, money }))).toEqual([
    { id: null, status: 'unknown', money: 'held' },
    { id: null, status: 'refused', money: 'refunded' },
    { id: 'failed', status: 'failed', money: 'refunded' },
    { id: 'completed', status: 'completed', money: 'spent' },
    { id: 'processing', status: 'processing', money: 'held' },
    { id: 'pending', status: 'pending', money: 'held' }
  ])
  await scripted.stop()
  await upstream.close()
})

test('a create that is still under way is listed as submitting, held', async () => {
  const upstream = await startUpstream()
  const scripted = await startGateway(pointingAt(upstream.origin))
  const { key } = await scripted.team()
  const arrived = Promise.withResolvers<() => void>()
  upstream.script = (response, request) => arrived.resolve(() => taskAnswer(202, 'slow')(response, request))
  const creating = scripted.create(key)
  const release = await arrived.promise
  expect((await scripted.call('GET', '/v1/tasks?status=submitting', { key })).json.data).toMatchObject([{ task_id: null, status: 'submitting', money: 'held' }])
  expect((await scripted.usage(key)).json.in_flight.used).toBe(1)
  release()
  expect((await creating).status).toBe(202)
  expect((await scripted.call('GET', '/v1/tasks', { key })).json.data).toMatchObject([{ task_id: 'slow', status: 'pending' }])
  await scripted.stop()
  await upstream.close()
})

test('no prompt is in a list', async () => {
  const { key } = await gateway.team()
  await gateway.create(key, { prompt: 'prompt-canary-5512', negative_prompt: 'negative-canary-5513' })
  expect((await list(key)).text).not.toMatch(/canary-551/)
})
