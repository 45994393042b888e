// What a read makes of MuleRouter's answers, and of everything that is none.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, SPENT, UNDER_WAY } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { answer, pointingAt, providerError, startUpstream, taskAnswer, type Script, type ScriptedUpstream } from '../../support/scripted-upstream.ts'

const VIDEOS = { videos: ['https://cdn.example/video.mp4'] }

let upstream: ScriptedUpstream
let gateway: Gateway
let key: string
let taskId: string
let tasks = 0
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startGateway(pointingAt(upstream.origin))
})
beforeEach(async () => {
  taskId = `task-${++tasks}`
  key = (await gateway.team({ limits: COUNTED })).key
  upstream.script = taskAnswer(202, taskId)
  expect((await gateway.create(key)).status).toBe(202)
  upstream.requests.length = 0
})
afterAll(async () => {
  await gateway.stop()
  await upstream.close()
})

async function readWhenStale (script: Script): Promise<Reply> {
  upstream.script = script
  gateway.clock.advance(3000)
  return gateway.read(key, taskId)
}

const words: { theirs: string, ours: string, more?: object }[] = [
  { theirs: 'pending', ours: 'pending' },
  { theirs: 'queued', ours: 'pending' },
  { theirs: 'processing', ours: 'processing' },
  { theirs: 'running', ours: 'processing' },
  { theirs: 'retrying', ours: 'processing' },
  { theirs: 'completed', ours: 'completed', more: VIDEOS },
  { theirs: 'succeeded', ours: 'completed', more: VIDEOS },
  { theirs: 'failed', ours: 'failed' },
  { theirs: 'paused-by-moderation', ours: 'processing' },
  { theirs: '', ours: 'processing' },
  { theirs: 'toString', ours: 'processing' },
  { theirs: 'COMPLETED', ours: 'processing', more: VIDEOS }
]

for (const { theirs, ours, more } of words) {
  test(`MuleRouter's word ${JSON.stringify(theirs)} is read as ${ours}`, async () => {
    const reply = await readWhenStale(taskAnswer(200, taskId, theirs, more))
    expect(reply.status).toBe(200)
    expect(reply.json).toEqual({ task_info: { id: taskId, status: ours, created_at: expect.any(String), updated_at: expect.any(String) }, ...more })
  })
}

test('MuleRouter\'s word in the answer to a create is mapped in the same way', async () => {
  upstream.script = taskAnswer(202, `${taskId}-queued`, 'queued')
  expect((await gateway.create(key)).json.task_info.status).toBe('pending')
})

test('members that the gateway does not know stay in the body', async () => {
  const reply = await readWhenStale(taskAnswer(200, taskId, 'processing', { progress: 0.4, queue: null }))
  expect(reply.json).toMatchObject({ progress: 0.4, queue: null })
})

test('completed without videos is processing for five looks, and then is believed', async () => {
  for (let look = 1; look <= 5; look++) {
    expect((await readWhenStale(taskAnswer(200, taskId, 'completed', { videos: [] }))).json.task_info.status, `look ${look}`).toBe('processing')
    expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  }
  expect((await readWhenStale(taskAnswer(200, taskId, 'completed', { videos: [] }))).json.task_info.status).toBe('completed')
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a task never goes backwards: what was completed stays completed, whatever is said later', async () => {
  expect((await readWhenStale(taskAnswer(200, taskId, 'completed', VIDEOS))).json.task_info.status).toBe('completed')
  expect((await readWhenStale(taskAnswer(200, taskId, 'failed'))).json).toMatchObject({ task_info: { status: 'completed' }, ...VIDEOS })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

const noVerdict: { name: string, script: Script }[] = [
  { name: '404', script: providerError(404, 2005) },
  { name: '401', script: providerError(401, 1001) },
  { name: '429', script: providerError(429, 4290, { 'retry-after': '30' }) },
  { name: '500', script: providerError(500, 4002) },
  { name: '502 as HTML', script: answer(502, '<html>Bad Gateway</html>') },
  { name: 'a redirect', script: answer(302, '', { location: '/elsewhere' }) },
  { name: 'no JSON', script: answer(200, '<html>OK</html>') },
  { name: 'JSON of another kind', script: answer(200, { status: 'failed' }) },
  { name: 'an answer about another task', script: taskAnswer(200, 'another-task', 'failed') },
  { name: 'a reset', script: response => response.socket?.resetAndDestroy() },
  { name: 'a body that is cut off', script: response => { response.writeHead(200, { 'content-length': 500 }).write('{"task_info":', () => response.destroy()) } }
]

for (const { name, script } of noVerdict) {
  test(`a look that brings no verdict is answered 200 with what is known, and moves no money: ${name}`, async () => {
    const known = (await readWhenStale(taskAnswer(200, taskId, 'processing'))).text
    const reply = await readWhenStale(script)
    expect(reply).toMatchObject({ status: 200, text: known })
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${GENERATION}/${taskId}`, `GET ${GENERATION}/${taskId}`])
    expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
    expect((await readWhenStale(taskAnswer(200, taskId, 'completed', VIDEOS))).json.task_info.status).toBe('completed')
  })
}

test('a failed look is a look: the next one waits for STATUS_MAX_AGE_MS', async () => {
  await readWhenStale(providerError(500, 4002))
  gateway.clock.advance(2999)
  await gateway.read(key, taskId)
  expect(upstream.requests).toHaveLength(1)
  gateway.clock.advance(1)
  await gateway.read(key, taskId)
  expect(upstream.requests).toHaveLength(2)
})

test('while one reader waits for MuleRouter, the others are answered at once with what is known', async () => {
  const arrived = Promise.withResolvers<() => void>()
  upstream.script = (response, request) => arrived.resolve(() => taskAnswer(200, taskId, 'processing')(response, request))
  gateway.clock.advance(3000)
  const first = gateway.read(key, taskId)
  const release = await arrived.promise
  for (let i = 0; i < 5; i++) expect((await gateway.read(key, taskId)).json.task_info.status).toBe('pending')
  expect(upstream.requests).toHaveLength(1)
  release()
  expect((await first).json.task_info.status).toBe('processing')
})

test('a look that comes back late does not undo what another one saw meanwhile', async () => {
  const arrived = Promise.withResolvers<() => void>()
  upstream.script = (response, request) => arrived.resolve(() => taskAnswer(200, taskId, 'failed')(response, request))
  gateway.clock.advance(3000)
  const late = gateway.read(key, taskId)
  const release = await arrived.promise

  // A delete looks first, whoever else is looking; here it sees the task completed, and MuleRouter then refuses to delete it.
  upstream.script = (response, request) => (request.method === 'GET' ? taskAnswer(200, taskId, 'completed', VIDEOS) : providerError(409, 4008))(response, request)
  expect((await gateway.call('DELETE', `${GENERATION}/${taskId}`, { key })).status).toBe(409)
  expect(await accountOf(gateway, key)).toEqual(SPENT)

  release()
  expect((await late).json).toMatchObject({ task_info: { status: 'completed' }, ...VIDEOS })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})
