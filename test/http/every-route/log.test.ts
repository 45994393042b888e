// CONTRACT §5: what the log says of calls, and what never appears in it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'

const CANARY = 'prompt-canary-e41d'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

test('no prompt is in the log, whether it was accepted, refused, misspelt or not even JSON', async () => {
  const { key } = await gateway.team({ policy: { fields: { size: ['832*480', '480*832'] } } })
  const answers = [
    await gateway.create(key, { prompt: CANARY, negative_prompt: CANARY, size: '832*480' }),
    await gateway.create(key, { prompt: CANARY }),
    await gateway.create(key, { prompt: CANARY, size: CANARY }),
    await gateway.create(key, { promt: CANARY, [CANARY]: 1 }),
    await gateway.call('POST', GENERATION, { key, body: `{"prompt":"${CANARY}"` }),
    await gateway.call('POST', GENERATION, { key, body: CANARY }),
    await gateway.call('POST', `${GENERATION}?dry_run=true`, { key, body: { prompt: CANARY, size: '832*480' } }),
    await gateway.call('POST', `${GENERATION}?${CANARY}=1`, { key, body: { prompt: CANARY } })
  ]
  expect(answers.map(({ status }) => status)).toEqual([202, 403, 400, 400, 400, 400, 200, 400])
  expect(JSON.stringify(gateway.log())).not.toContain(CANARY)
})

test('with LOG_PROMPTS=true the prompt is in the line of the submitted task', async () => {
  const open = await startGateway({ LOG_PROMPTS: 'true' })
  const { key } = await open.team()
  await open.create(key, { prompt: CANARY })
  expect(open.log()).toContainEqual(expect.objectContaining({ msg: 'task submitted', prompt: CANARY }))
  await open.stop()
})

test('no signed parameter of a result\'s URL is in the log', async () => {
  const { key } = await gateway.team()
  const { json } = await gateway.create(key)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const { searchParams } = new URL((await gateway.read(key, json.task_info.id)).json.videos[0])
  const signature = searchParams.get('Signature') ?? expect.unreachable('the simulator signs its URLs')
  expect(JSON.stringify(gateway.log())).not.toContain(signature)
})

test('a task is logged with its ids when it is submitted, before its caller is answered, and when it ends', async () => {
  const { team, keyId, key } = await gateway.team()
  const reply = await gateway.create(key, { prompt: 'a cat [[fail]]' })
  const taskId = reply.json.task_info.id
  const ids = { task_id: taskId, task_ref: expect.stringMatching(/^tsk_/), team, key_id: keyId, model: 'alibaba/wan2.2-t2v-plus', price_usd: '0.50' }
  expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: 'task submitted', request_id: reply.headers['x-request-id'], ...ids }))
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const read = await gateway.read(key, taskId)
  expect(gateway.log()).toContainEqual(expect.objectContaining({ msg: 'task failed', request_id: read.headers['x-request-id'], money: 'refunded', ...ids }))
  await gateway.read(key, taskId)
  expect(gateway.log().filter(({ msg, task_id: id }) => msg === 'task failed' && id === taskId)).toHaveLength(1)
})

test('every call is one line with its method, route, status, team and key', async () => {
  const { team, keyId, key } = await gateway.team()
  const reply = await gateway.read(key, 'some-task')
  await expect.poll(() => gateway.log().filter(({ msg, request_id: id }) => msg === 'request' && id === reply.headers['x-request-id'])).toEqual([
    expect.objectContaining({ method: 'GET', route: `${GENERATION}/:task_id`, status: 404, team, key_id: keyId })
  ])
})
