// Creates per minute, and unfinished tasks.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
beforeEach(() => gateway.clock.set('2026-11-22T12:00:17.200Z'))
afterAll(() => gateway.stop())

test('requests_per_minute of a team: one create more is rate_limited until the minute ends', async () => {
  const { team, key } = await gateway.team({ limits: { requests_per_minute: 2 } })
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(key)).status).toBe(202)
  const creates = gateway.simulator.received.creates

  const refused = await gateway.create(key)
  expectProblem(refused, 'rate_limited', {
    instance: GENERATION, detail: `Team ${team} has used 2 of 2 requests per minute; it resets at 2026-11-22T12:01:00+00:00`, more: { 'violated-policies': ['team-minute'] }
  })
  expect(refused.headers['retry-after']).toBe('43')
  expect(gateway.simulator.received.creates).toBe(creates)

  gateway.clock.advance(42_799)
  expect((await gateway.create(key)).status).toBe(429)
  gateway.clock.advance(1)
  expect((await gateway.create(key)).status).toBe(202)
})

test('requests_per_minute of a key: another key of the team goes on', async () => {
  const first = await gateway.team({}, { limits: { requests_per_minute: 1 } })
  const second = await gateway.mint(first.team, { limits: { requests_per_minute: 1 } })
  expect((await gateway.create(first.key)).status).toBe(202)
  expect((await gateway.create(first.key)).json).toMatchObject({ code: 'rate_limited', 'violated-policies': ['key-minute'] })
  expect((await gateway.create(second.key)).status).toBe(202)
})

test('requests_per_minute counts creates only: reads, lists, usage and dry runs are free', async () => {
  const { key } = await gateway.team({ limits: { requests_per_minute: 2 } })
  const { json } = await gateway.create(key)
  for (let i = 0; i < 5; i++) {
    expect((await gateway.read(key, json.task_info.id)).status).toBe(200)
    expect((await gateway.usage(key)).status).toBe(200)
    expect((await gateway.call('GET', '/v1/tasks', { key })).status).toBe(200)
    expect((await gateway.call('POST', `${GENERATION}?dry_run=true`, { key, body: { prompt: 'a cat' } })).status).toBe(200)
  }
  expect((await gateway.create(key)).status).toBe(202)
})

test('creates that were refused by a quota do not count in the minute', async () => {
  const { team, key } = await gateway.team({ limits: { requests_per_minute: 1, quotas: [{ per: 'day', unit: 'tasks', limit: 0 }] } })
  for (let i = 0; i < 3; i++) expect((await gateway.create(key)).json.code).toBe('quota_exhausted')
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: { quotas: null } })
  expect((await gateway.create(key)).status).toBe(202)
})

test('a task that ended gives its place in the minute not back', async () => {
  const { key } = await gateway.team({ limits: { requests_per_minute: 1 } })
  const { json } = await gateway.create(key)
  expect((await gateway.call('DELETE', `${GENERATION}/${json.task_info.id}`, { key })).status).toBe(200)
  expect((await gateway.create(key)).json.code).toBe('rate_limited')
})

test('requests_per_minute is no quota: it is not in the usage', async () => {
  const { key } = await gateway.team({ limits: { requests_per_minute: 1 } })
  expect((await gateway.usage(key)).json.quotas).toEqual([])
})

test('tasks_in_flight: one task more is too_many_in_flight until one of them has ended', async () => {
  const { team, key } = await gateway.team({ limits: { tasks_in_flight: 2 } })
  const first = await gateway.create(key)
  await gateway.create(key)
  const creates = gateway.simulator.received.creates

  const refused = await gateway.create(key)
  expectProblem(refused, 'too_many_in_flight', {
    instance: GENERATION, detail: new RegExp(`^Team ${team} has 2 unfinished tasks of at most 2`), more: { 'violated-policies': ['team-in-flight'] }
  })
  expect(refused.headers['retry-after']).toBe('20')
  expect(gateway.simulator.received.creates).toBe(creates)

  gateway.clock.advance(PENDING_MS)
  expect((await gateway.read(key, first.json.task_info.id)).json.task_info.status).toBe('processing')
  expect((await gateway.create(key)).status).toBe(429)
  gateway.clock.advance(PROCESSING_MS)
  expect((await gateway.read(key, first.json.task_info.id)).json.task_info.status).toBe('completed')
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(key)).status).toBe(429)
})

const ends: { name: string, prompt: string, end: (taskId: string, key: string) => Promise<void> }[] = [
  {
    name: 'failed',
    prompt: 'a cat [[fail]]',
    async end (taskId, key) {
      gateway.clock.advance(PENDING_MS + PROCESSING_MS)
      expect((await gateway.read(key, taskId)).json.task_info.status).toBe('failed')
    }
  },
  {
    name: 'was deleted',
    prompt: 'a cat',
    async end (taskId, key) { expect((await gateway.call('DELETE', `${GENERATION}/${taskId}`, { key })).status).toBe(200) }
  }
]

for (const { name, prompt, end } of ends) {
  test(`a task that ${name} is no longer in flight`, async () => {
    const { key } = await gateway.team({ limits: { tasks_in_flight: 1 } })
    const { json } = await gateway.create(key, { prompt })
    expect((await gateway.create(key)).status).toBe(429)
    await end(json.task_info.id, key)
    expect((await gateway.create(key)).status).toBe(202)
  })
}

test('tasks_in_flight of a key: another key of the team goes on, until the team\'s own limit', async () => {
  const first = await gateway.team({ limits: { tasks_in_flight: 2 } }, { limits: { tasks_in_flight: 1 } })
  const second = await gateway.mint(first.team)
  expect((await gateway.create(first.key)).status).toBe(202)
  expectProblem(await gateway.create(first.key), 'too_many_in_flight', {
    instance: GENERATION, detail: new RegExp(`^Key ${first.keyId} has 1 unfinished`), more: { 'violated-policies': ['key-in-flight'] }
  })
  expect((await gateway.create(second.key)).status).toBe(202)
  expect((await gateway.create(second.key)).json['violated-policies']).toEqual(['team-in-flight'])
})
