// When MuleRouter does not delete, or does not say: nothing is given back that may have been begun.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, newestTask, SPENT, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem, expectProblemShape } from '../../support/problem.ts'
import { answer, pointingAt, providerError, startUpstream, taskAnswer, type Script, type ScriptedUpstream } from '../../support/scripted-upstream.ts'

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

/** A delete that is answered so, after a look that is answered so. */
async function remove (look: Script, deleted: Script): Promise<Reply> {
  upstream.script = (response, request) => (request.method === 'GET' ? look : deleted)(response, request)
  const reply = await gateway.call('DELETE', `${GENERATION}/${taskId}`, { key })
  expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'DELETE'])
  return reply
}

const pending: Script = (response, request) => taskAnswer(200, taskId, 'pending')(response, request)
const gone: Script = (response, request) => answer(200, { task_id: taskId, deleted_at: '2026-11-22T12:00:01.000000+00:00' })(response, request)

test('MuleRouter\'s own answer to a delete is the caller\'s', async () => {
  const reply = await remove(pending, gone)
  expect(reply).toMatchObject({ status: 200, json: { task_id: taskId, deleted_at: '2026-11-22T12:00:01.000000+00:00' } })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('a delete that another one outran is told that there is no such task, as any delete after it', async () => {
  const arrived: Array<(script: Script) => void> = []
  upstream.script = (response, request) => { arrived.push(script => script(response, request)) }
  const removal = (): Promise<Reply> => gateway.call('DELETE', `${GENERATION}/${taskId}`, { key })
  const answerTo = async (place: number, script: Script): Promise<void> => {
    await eventually(() => arrived.length > place, 'the request has arrived')
    arrived[place]?.(script)
  }
  const outrun = removal()
  await answerTo(0, pending)
  await eventually(() => arrived.length > 1, 'its delete has left')
  const winner = removal()
  await answerTo(2, pending)
  await answerTo(3, gone)
  expect((await winner).status).toBe(200)
  await answerTo(1, providerError(404, 2005))
  expect(upstream.requests.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'GET', 'DELETE'])
  expectProblem(await outrun, 'not_found', { instance: `${GENERATION}/${taskId}`, detail: /^There is no such task/ })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('a delete that MuleRouter answers without a body has the contract\'s body all the same', async () => {
  const reply = await remove(pending, response => response.writeHead(204).end())
  expect(reply.status).toBe(200)
  expect(reply.json).toEqual({ task_id: taskId, deleted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/) })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

const notProvenPending: { name: string, look: () => Script }[] = [
  { name: 'it was processing', look: () => taskAnswer(200, taskId, 'processing') },
  { name: 'it had a status that nobody knows', look: () => taskAnswer(200, taskId, 'warming-up') },
  { name: 'the look failed', look: () => providerError(500, 4002) },
  { name: 'the look brought another task', look: () => taskAnswer(200, 'another-task', 'pending') },
  { name: 'the look was cut off', look: () => response => response.destroy() }
]

for (const { name, look } of notProvenPending) {
  test(`a deleted task of which it is not known that it was pending stays spent: ${name}`, async () => {
    expect((await remove(look(), gone)).status).toBe(200)
    expect(await accountOf(gateway, key)).toEqual(SPENT)
    expect(await newestTask(gateway, key)).toMatchObject({ status: 'deleted', money: 'spent' })
  })
}

for (const status of [400, 404, 409, 423, 429]) {
  test(`MuleRouter's ${status} to a delete is passed on, and the task stays what it was`, async () => {
    const reply = await remove(pending, providerError(status, 2000 + status))
    expectProblemShape(reply, {
      type: 'urn:mulegate:problem:upstream_refused',
      status,
      title: `Provider title ${status}`,
      detail: `Provider detail ${status} (request_id: 7b0c)`,
      instance: `${GENERATION}/${taskId}`,
      error_code: 2000 + status,
      code: 'upstream_refused'
    })
    expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
    expect((await gateway.read(key, taskId)).json.task_info.status).toBe('pending')
  })
}

for (const status of [401, 403]) {
  test(`MuleRouter's ${status} to a delete is upstream_credentials, and the task stays what it was`, async () => {
    expectProblem(await remove(pending, providerError(status, 1001)), 'upstream_credentials', { instance: `${GENERATION}/${taskId}`, detail: /gateway's own token/ })
    expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  })
}

const noAnswer: { name: string, script: Script }[] = [
  { name: '500 in its own shape', script: providerError(500, 4002) },
  { name: '504', script: providerError(504, 4002) },
  { name: '502 as HTML', script: answer(502, '<html>Bad Gateway</html>') },
  { name: 'a redirect', script: answer(307, '', { location: '/elsewhere' }) },
  { name: 'a reset', script: response => response.socket?.resetAndDestroy() },
  { name: 'a page that anybody might have sent', script: answer(200, '<html>Sign in</html>') },
  { name: 'an answer about another task', script: answer(200, { task_id: 'another-task', deleted_at: '2026-11-22T12:00:01.000000+00:00' }) }
]

for (const { name, script } of noAnswer) {
  test(`a delete that MuleRouter does not answer is upstream_error, moves no money and may be sent again: ${name}`, async () => {
    expectProblem(await remove(pending, script), 'upstream_error', { instance: `${GENERATION}/${taskId}`, detail: /MuleRouter/ })
    expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
    upstream.requests.length = 0
    expect((await remove(pending, gone)).status).toBe(200)
    expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  })
}

test('a delete that cannot be sent is upstream_unreachable with Retry-After, and the task stays what it was', async () => {
  const other = await startUpstream(taskAnswer(202, 'task-lonely'))
  const lonely = await startGateway(pointingAt(other.origin))
  const caller = await lonely.team({ limits: COUNTED })
  await lonely.create(caller.key)
  await other.close()
  const reply = await lonely.call('DELETE', `${GENERATION}/task-lonely`, { key: caller.key })
  expectProblem(reply, 'upstream_unreachable', { instance: `${GENERATION}/task-lonely`, detail: /cannot be reached/ })
  expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  expect(await accountOf(lonely, caller.key)).toEqual(UNDER_WAY)
  expect((await lonely.read(caller.key, 'task-lonely')).status).toBe(200)
  await lonely.stop()
})
