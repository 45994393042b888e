// GET …/generation/{task_id}/events: one event for each change, and an end.
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway({ STATUS_MAX_AGE_MS: '200' }) })
afterAll(() => gateway.stop())

async function open (key: string, taskId: string, lastEventId?: string) {
  const response = await request(`${gateway.origin}${GENERATION}/${taskId}/events`, {
    headers: { authorization: `Bearer ${key}`, ...lastEventId === undefined ? {} : { 'last-event-id': lastEventId } }
  })
  let text = ''
  const ended = (async () => { for await (const chunk of response.body) text += String(chunk) })()
  return { status: response.statusCode, headers: response.headers, text: () => text, ended }
}

function statusesIn (text: string): string[] {
  return [...text.matchAll(/^id: (\d+)\nevent: task\ndata: (.+)$/gm)].map(([, , data = '{}']) => JSON.parse(data).task_info.status)
}

test('every change of the task is one event, and the stream ends with the task', async () => {
  const { key } = await gateway.team()
  const taskId = (await gateway.create(key)).json.task_info.id
  const stream = await open(key, taskId)
  expect([stream.status, stream.headers['content-type'], stream.headers['x-accel-buffering']]).toEqual([200, 'text/event-stream; charset=utf-8', 'no'])
  await eventually(() => statusesIn(stream.text()).length === 1, 'the first event')
  gateway.clock.advance(PENDING_MS)
  await eventually(() => statusesIn(stream.text()).length === 2, 'the second event')
  gateway.clock.advance(PROCESSING_MS)
  await stream.ended
  expect(statusesIn(stream.text())).toEqual(['pending', 'processing', 'completed'])
  const [, last] = [...stream.text().matchAll(/^id: (\d+)$/gm)].at(-1) ?? []
  expect((await open(key, taskId, last)).status).toBe(204)
})

test('a client that connects anew is not sent again what it has seen', async () => {
  const { key } = await gateway.team()
  const taskId = (await gateway.create(key)).json.task_info.id
  const first = await open(key, taskId)
  await eventually(() => statusesIn(first.text()).length === 1, 'the first event')
  const [, seen] = /^id: (\d+)$/m.exec(first.text()) ?? []
  const again = await open(key, taskId, seen)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await Promise.all([first.ended, again.ended])
  expect(statusesIn(again.text())).toEqual(['completed'])
})

test('a foreign or unknown task has no events, as it has nothing else', async () => {
  const { key } = await gateway.team()
  const taskId = (await gateway.create(key)).json.task_info.id
  const stranger = await gateway.team()
  for (const [who, id] of [[stranger.key, taskId], [key, 'nobody-knows']] as const) {
    expect((await gateway.call('GET', `${GENERATION}/${id}/events`, { key: who })).json).toMatchObject({ code: 'not_found' })
  }
})

test('a stream ends when the gateway stops, and so does the gateway', async () => {
  const stopping = await startGateway({ STATUS_MAX_AGE_MS: '200' })
  const { key } = await stopping.team()
  const taskId = (await stopping.create(key)).json.task_info.id
  const response = await request(`${stopping.origin}${GENERATION}/${taskId}/events`, { headers: { authorization: `Bearer ${key}` } })
  await eventually(() => stopping.watching() === 1, 'somebody listens')
  await Promise.all([stopping.stop(), response.body.text()])
})
