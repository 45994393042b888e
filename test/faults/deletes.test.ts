// A DELETE whose answer is lost: deleting again is safe, and the price ends as it should.
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { accountOf, COUNTED, SPENT, UNDER_WAY, UNTOUCHED } from '../support/account.ts'
import { GENERATION, PENDING_MS, startGateway, type Gateway, type Reply } from '../support/gateway.ts'
import { answer, pointingAt, providerError, startUpstream, taskAnswer } from '../support/scripted-upstream.ts'

let gateway: Gateway
let key: string
let taskId: string

beforeEach(async () => {
  gateway = await startGateway()
  key = (await gateway.team({ limits: COUNTED })).key
  taskId = (await gateway.create(key)).json.task_info.id
})
afterEach(() => gateway.stop())

function remove (): Promise<Reply> { return gateway.call('DELETE', `${GENERATION}/${taskId}`, { key }) }

test('a task that was deleted while pending, by a delete whose answer was lost, is given back when it is deleted again', async () => {
  gateway.simulator.inject({ on: 'delete', fault: 'reset', times: 1 })
  expect(await remove()).toMatchObject({ status: 502, json: { code: 'upstream_error' } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)

  expect(await remove()).toMatchObject({ status: 200, json: { task_id: taskId } })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  expect((await gateway.read(key, taskId)).status).toBe(404)
  expect((await remove()).status).toBe(404)
})

test('a delete that was lost before upstream did it knows nothing of what begins later', async () => {
  gateway.simulator.inject({ on: 'delete', fault: 'reset-before', times: 1 })
  expect((await remove()).status).toBe(502)
  gateway.clock.advance(PENDING_MS)
  expect(await remove()).toMatchObject({ status: 409, json: { code: 'upstream_refused' } })
  gateway.clock.advance(3_600_000)
  expect((await remove()).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a 404 to the first delete is passed on, and so is one to the next: neither is a verdict', async () => {
  gateway.simulator.inject({ on: 'delete', fault: 'status=404', times: 2 })
  expect((await remove()).status).toBe(404)
  expect((await remove()).status).toBe(404)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  expect((await remove()).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('a delete that cannot be sent changes nothing', async () => {
  await gateway.simulator.stopListening()
  expect(await remove()).toMatchObject({ status: 503, json: { code: 'upstream_unreachable' } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  await gateway.simulator.resumeListening()
  expect((await remove()).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})

test('a delete that could not be sent knows nothing of a 404 that comes later', async () => {
  await gateway.simulator.stopListening()
  expect((await remove()).status).toBe(503)
  await gateway.simulator.resumeListening()
  gateway.simulator.inject({ on: 'delete', fault: 'status=404', times: 1 })
  expect(await remove()).toMatchObject({ status: 404, json: { code: 'upstream_refused' } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('a task that was seen to begin since is not given back by a delete that was lost before, and is found to be done', async () => {
  gateway.simulator.inject({ on: 'delete', fault: 'reset-before', times: 1 })
  expect((await remove()).status).toBe(502)
  gateway.clock.advance(PENDING_MS)
  expect((await gateway.read(key, taskId)).json.task_info.status).toBe('processing')
  gateway.simulator.inject({ on: 'read', fault: 'reset', times: 1 })
  gateway.simulator.inject({ on: 'delete', fault: 'status=404', times: 1 })
  expect((await remove()).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a delete that succeeds while nobody can say how far the task is gives nothing back, whatever an earlier delete knew', async () => {
  gateway.simulator.inject({ on: 'delete', fault: 'reset-before', times: 1 })
  expect((await remove()).status).toBe(502)
  gateway.clock.advance(3_600_000)
  gateway.simulator.inject({ on: 'read', fault: 'reset', times: 1 })
  expect((await remove()).status).toBe(200)
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a 404 that is not MuleRouter\'s own does not say that an earlier delete was done', async () => {
  const upstream = await startUpstream(taskAnswer(202, 'task-1'))
  const behindProxy = await startGateway(pointingAt(upstream.origin))
  const { key: its } = await behindProxy.team({ limits: COUNTED })
  const removeIt = (): Promise<Reply> => behindProxy.call('DELETE', `${GENERATION}/task-1`, { key: its })
  await behindProxy.create(its)
  upstream.script = (response, request) => { if (request.method === 'DELETE') response.destroy(); else taskAnswer(200, 'task-1')(response, request) }
  expect((await removeIt()).status).toBe(502)
  upstream.script = answer(404, '<h1>no such site</h1>')
  expect((await removeIt()).status).toBe(404)
  expect(await accountOf(behindProxy, its)).toEqual(UNDER_WAY)
  await behindProxy.stop()
  await upstream.close()
})

test('of two deletes at once, one that finds nothing any more does not forget the other, which removed the task and got no answer', async () => {
  const upstream = await startUpstream(taskAnswer(202, 'task-1'))
  const scripted = await startGateway(pointingAt(upstream.origin))
  const { key: its } = await scripted.team({ limits: COUNTED })
  const removeIt = (): Promise<Reply> => scripted.call('DELETE', `${GENERATION}/task-1`, { key: its })
  await scripted.create(its)
  // Both have seen the task before either is about to remove it.
  const looks: ServerResponse[] = []
  const deletes: ServerResponse[] = []
  upstream.script = (response, request) => {
    if (request.method === 'DELETE') {
      deletes.push(response)
      if (deletes.length === 2) providerError(404)(response, request)
      return
    }
    looks.push(response)
    if (looks.length === 2) for (const look of looks) taskAnswer(200, 'task-1')(look, request)
  }
  const both = [removeIt(), removeIt()]
  expect((await Promise.race(both)).status).toBe(404)
  deletes[0]?.destroy()
  expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([404, 502])

  upstream.script = providerError(404)
  expect((await removeIt()).status).toBe(200)
  expect(await accountOf(scripted, its)).toEqual(UNTOUCHED)
  await scripted.stop()
  await upstream.close()
})
