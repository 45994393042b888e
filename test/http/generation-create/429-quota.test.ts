// A window that is used up: the refusal, how long it lasts, and that it costs nothing.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

// A Sunday, 13:34:56.5 in Berlin.
const NOW = '2026-11-22T12:34:56.500Z'

const windows = [
  { per: 'hour', retryAfter: 1504, resetsAt: '2026-11-22T14:00:00+01:00' },
  { per: 'day', retryAfter: 37_504, resetsAt: '2026-11-23T00:00:00+01:00' },
  { per: 'week', retryAfter: 37_504, resetsAt: '2026-11-23T00:00:00+01:00' },
  { per: 'month', retryAfter: 728_704, resetsAt: '2026-12-01T00:00:00+01:00' }
]

for (const { per, retryAfter, resetsAt } of windows) {
  test(`a team's tasks per ${per} are used up until ${resetsAt}, which is ${retryAfter} whole seconds away`, async () => {
    gateway.clock.set(NOW)
    const { team, key } = await gateway.team({ timezone: 'Europe/Berlin', limits: { quotas: [{ per, unit: 'tasks', limit: 2 }] } })
    for (const status of [202, 202]) expect((await gateway.create(key)).status).toBe(status)
    const creates = gateway.simulator.received.creates

    const refused = await gateway.create(key)
    expectProblem(refused, 'quota_exhausted', {
      instance: GENERATION,
      detail: `Team ${team} has used 2 of 2 tasks per ${per}; it resets at ${resetsAt}`,
      more: { 'violated-policies': [`team-${per}`] }
    })
    expect(refused.headers['retry-after']).toBe(String(retryAfter))
    expect(gateway.simulator.received.creates).toBe(creates)
    expect((await gateway.usage(key)).json.quotas).toMatchObject([{ used: 2, held: 2, remaining: 0 }])

    gateway.clock.set(resetsAt)
    gateway.clock.advance(-1)
    const stillRefused = await gateway.create(key)
    expect(stillRefused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    gateway.clock.advance(1)
    expect((await gateway.create(key)).status).toBe(202)
  })
}

test('a total never resets: Retry-After is a day, and the sentence says so', async () => {
  gateway.clock.set(NOW)
  const { team, key } = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 1 }] } })
  await gateway.create(key)
  const refused = await gateway.create(key)
  expectProblem(refused, 'quota_exhausted', {
    instance: GENERATION, detail: new RegExp(`^Team ${team} has used 1 of 1 tasks in total; .*not reset`), more: { 'violated-policies': ['team-total'] }
  })
  expect(refused.headers['retry-after']).toBe('86400')
  gateway.clock.advance(400 * 24 * 3_600_000)
  expect((await gateway.create(key)).status).toBe(429)
})

test('a key\'s own window is named with the key', async () => {
  gateway.clock.set(NOW)
  const { keyId, key } = await gateway.team({}, { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] } })
  await gateway.create(key)
  expectProblem(await gateway.create(key), 'quota_exhausted', {
    instance: GENERATION, detail: `Key ${keyId} has used 1 of 1 tasks per day; it resets at 2026-11-23T00:00:00+00:00`, more: { 'violated-policies': ['key-day'] }
  })
})

test('money is refused when the price does not fit any more, not only when nothing is left', async () => {
  gateway.clock.set(NOW)
  const { team, key } = await gateway.team({ limits: { quotas: [{ per: 'month', unit: 'usd', limit: '0.60' }] } })
  expect((await gateway.create(key)).status).toBe(202)
  const refused = await gateway.create(key)
  expectProblem(refused, 'quota_exhausted', {
    instance: GENERATION, detail: new RegExp(`^Team ${team} has used 0\\.50 of 0\\.60 USD per month.*costs 0\\.50; it resets at 2026-12-01T00:00:00\\+00:00$`), more: { 'violated-policies': ['team-month-usd'] }
  })
  expect(refused.headers).toMatchObject({ 'mulegate-price-usd': '0.50', 'retry-after': '732304' })
  expect((await gateway.create(key, { prompt: 'a smaller cat', size: '832*480' })).status).toBe(202)
  expect((await gateway.create(key, { prompt: 'a smaller cat', size: '832*480' })).status).toBe(429)
  expect((await gateway.usage(key)).json.quotas).toMatchObject([{ used: '0.60', held: '0.60', remaining: '0.00' }])
})

test('all windows without room are named, and Retry-After waits for the last of them', async () => {
  gateway.clock.set(NOW)
  const { key } = await gateway.team(
    { limits: { quotas: [{ per: 'hour', unit: 'tasks', limit: 1 }, { per: 'day', unit: 'usd', limit: '0.70' }, { per: 'month', unit: 'tasks', limit: 50 }] } },
    { limits: { quotas: [{ per: 'week', unit: 'tasks', limit: 1 }] } }
  )
  await gateway.create(key)
  const refused = await gateway.create(key)
  expect(refused.json['violated-policies'].toSorted()).toEqual(['key-week', 'team-day-usd', 'team-hour'])
  expect(refused.headers['retry-after']).toBe('41104')
})

test('a quota of 0 admits nothing', async () => {
  const { key } = await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 0 }] } })
  expect((await gateway.create(key)).json).toMatchObject({ status: 429, code: 'quota_exhausted' })
})

test('a budget equal to the price admits exactly one task', async () => {
  const { key } = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'usd', limit: '0.50' }] } })
  expect((await gateway.create(key)).status).toBe(202)
  expect((await gateway.create(key)).status).toBe(429)
})

test('the keys of a team share the team\'s window, and each has its own beside it', async () => {
  const first = await gateway.team(
    { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 3 }] } }, { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } }
  )
  const second = await gateway.mint(first.team, { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } })
  expect((await gateway.create(first.key)).status).toBe(202)
  expect((await gateway.create(first.key)).status).toBe(202)
  expect((await gateway.create(first.key)).json['violated-policies']).toEqual(['key-day'])
  expect((await gateway.create(second.key)).status).toBe(202)
  expect((await gateway.create(second.key)).json['violated-policies']).toEqual(['team-day'])
})

test('another team is not concerned', async () => {
  const limits = { quotas: [{ per: 'day', unit: 'tasks', limit: 1 }] }
  const [first, second] = [await gateway.team({ limits }), await gateway.team({ limits })]
  await gateway.create(first.key)
  expect((await gateway.create(first.key)).status).toBe(429)
  expect((await gateway.create(second.key)).status).toBe(202)
})

test('a refused create can be read nowhere: no task was made', async () => {
  const { key } = await gateway.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 0 }] } })
  await gateway.create(key)
  expect((await gateway.call('GET', '/v1/tasks', { key })).json.data).toEqual([])
})
