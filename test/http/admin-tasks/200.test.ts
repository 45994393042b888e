// The list of all tasks: every team's, newest first, by any of the filters.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

type Made = { team: string, keyId: string, key: string, taskId: string, ref: string, at: string }

let gateway: Gateway
const made: Made[] = []

beforeAll(async () => {
  gateway = await startGateway()
  for (let count = 0; count < 3; count++) {
    const caller = await gateway.team()
    const at = new Date(gateway.clock.nowMs()).toISOString()
    const taskId = (await gateway.create(caller.key)).json.task_info.id
    const { json } = await gateway.call('GET', '/v1/tasks', { key: caller.key })
    made.push({ ...caller, taskId, ref: json.data[0].task_ref, at })
    gateway.clock.advance(60_000)
  }
})
afterAll(() => gateway.stop())

function nth (index: number): Made {
  const found = made[index]
  if (found === undefined) throw new Error('there are three')
  return found
}

async function refs (query: string): Promise<string[]> {
  const { json, status, text } = await gateway.admin('GET', `/admin/v1/tasks${query}`)
  expect(status, text).toBe(200)
  return json.data.map((task: { task_ref: string }) => task.task_ref)
}

test('every team\'s tasks are listed, newest first, page by page', async () => {
  const all = made.map(({ ref }) => ref).reverse()
  expect(await refs('')).toEqual(all)
  const { json } = await gateway.admin('GET', '/admin/v1/tasks?limit=2')
  expect(json.data.map((task: { task_ref: string }) => task.task_ref)).toEqual(all.slice(0, 2))
  expect(await refs(`?limit=2&cursor=${json.next_cursor}`)).toEqual(all.slice(2))
})

test('a task has all its members', async () => {
  const { team, keyId, taskId, ref, at } = nth(0)
  const { json } = await gateway.admin('GET', `/admin/v1/tasks?team=${team}`)
  expect(json).toEqual({
    data: [{ task_ref: ref, task_id: taskId, model: 'alibaba/wan2.2-t2v-plus', status: 'pending', money: 'held', price_usd: '0.50', team, key_id: keyId, created_at: at, updated_at: at }],
    next_cursor: null
  })
})

test('team, key, id, status, model and time narrow the list', async () => {
  const { team, keyId, taskId, ref, at } = nth(1)
  for (const query of [`team=${team}`, `key=${keyId}`, `task_id=${taskId}`, `from=${at}&to=${nth(2).at}`, `team=${team}&from=2026-11-22&to=2026-11-23`]) expect(await refs(`?${query}`), query).toEqual([ref])
  expect(await refs('?status=pending&model=alibaba/wan2.2-t2v-plus')).toHaveLength(3)
  for (const query of ['status=failed', 'model=other/model', `team=${team}&key=${nth(0).keyId}`, `to=${nth(0).at}`, 'to=2026-11-22']) expect(await refs(`?${query}`), query).toEqual([])
})

test.each(['team=Not%20a%20team', 'key=nonsense', 'task_id=a/b', 'status=lost', 'from=yesterday', 'limit=0', 'limit=101', 'cursor=nonsense', 'nonsense=1'])('%s is refused with 400 invalid_query', async query => {
  expect(await gateway.admin('GET', `/admin/v1/tasks?${query}`)).toMatchObject({ status: 400, json: { code: 'invalid_query' } })
})

test.each(['team', 'key', 'task_id', 'model'])('%s that is given twice is refused in words that say so', async name => {
  expectProblem(await gateway.admin('GET', `/admin/v1/tasks?${name}=a&${name}=b`), 'invalid_query', { instance: '/admin/v1/tasks', detail: new RegExp(`: ${name} must be given once\\.`) })
})
