// CONTRACT §2, response headers of creates: the price, and the policies by draft-ietf-httpapi-ratelimit-headers-11.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
// 19 minutes and 47 seconds before the hour ends.
beforeEach(() => gateway.clock.set('2026-11-22T12:40:13Z'))
afterAll(() => gateway.stop())

type Headers = { policy: string | undefined, limit: string | undefined, price: string | undefined }
const figures = ({ headers }: Reply): Headers => ({ policy: headers['ratelimit-policy'], limit: headers['ratelimit'], price: headers['mulegate-price-usd'] })

const quota = (per: string, limit: number) => ({ per, unit: 'tasks', limit })

test('the example of the contract: a team with 20 tasks a day, a key with 5 an hour, the second create', async () => {
  const { key } = await gateway.team({ limits: { quotas: [quota('day', 20)] } }, { limits: { quotas: [quota('hour', 5)] } })
  await gateway.create(key)
  expect(figures(await gateway.create(key))).toEqual({
    policy: '"team-day";q=20;w=86400, "key-hour";q=5;w=3600', limit: '"key-hour";r=3;t=1187', price: '0.50'
  })
})

const cases: { name: string, team: object, key?: object, expected: Headers, size?: string, timezone?: string, now?: string }[] = [
  { name: 'without limits there is only the price', team: {}, expected: { policy: undefined, limit: undefined, price: '0.50' } },
  { name: 'the price follows the size', team: {}, size: '832*480', expected: { policy: undefined, limit: undefined, price: '0.10' } },
  {
    name: 'money has no unit there', team: { quotas: [{ per: 'day', unit: 'usd', limit: '10.00' }] }, expected: { policy: undefined, limit: undefined, price: '0.50' }
  },
  {
    name: 'tasks_in_flight is no policy with a window', team: { tasks_in_flight: 4 }, expected: { policy: undefined, limit: undefined, price: '0.50' }
  },
  {
    name: 'requests_per_minute is a policy of 60 seconds', team: { requests_per_minute: 120 }, expected: { policy: '"team-minute";q=120;w=60', limit: '"team-minute";r=119;t=47', price: '0.50' }
  },
  {
    name: 'a total has neither a window nor an end', team: { quotas: [quota('total', 9)] }, expected: { policy: '"team-total";q=9', limit: '"team-total";r=8', price: '0.50' }
  },
  {
    name: 'a week has 604800 seconds',
    team: { quotas: [quota('week', 9)] },
    expected: { policy: '"team-week";q=9;w=604800', limit: '"team-week";r=8;t=40787', price: '0.50' }
  },
  {
    name: 'November has 30 days',
    team: { quotas: [quota('month', 9)] },
    expected: { policy: '"team-month";q=9;w=2592000', limit: '"team-month";r=8;t=731987', price: '0.50' }
  },
  {
    name: 'the day on which the clocks go back has 25 hours',
    team: { quotas: [quota('day', 9)] },
    timezone: 'Europe/Berlin',
    now: '2026-10-25T12:00:00Z',
    expected: { policy: '"team-day";q=9;w=90000', limit: '"team-day";r=8;t=39600', price: '0.50' }
  },
  {
    name: 'what is left of a second counts as one',
    team: { quotas: [quota('hour', 9)] },
    now: '2026-11-22T12:59:58.001Z',
    expected: { policy: '"team-hour";q=9;w=3600', limit: '"team-hour";r=8;t=2', price: '0.50' }
  },
  {
    name: 'the tightest is the one with the fewest left, not the one with the smallest window',
    team: { requests_per_minute: 50, quotas: [quota('hour', 30), quota('month', 10)] },
    key: { requests_per_minute: 40 },
    expected: {
      policy: '"team-hour";q=30;w=3600, "team-month";q=10;w=2592000, "team-minute";q=50;w=60, "key-minute";q=40;w=60',
      limit: '"team-month";r=9;t=731987',
      price: '0.50'
    }
  }
]

for (const { name, team, key = {}, expected, size = '1920*1080', timezone = 'UTC', now } of cases) {
  test(`${name}`, async () => {
    if (now !== undefined) gateway.clock.set(now)
    const caller = await gateway.team({ limits: team, timezone }, { limits: key })
    expect(figures(await gateway.create(caller.key, { prompt: 'a cat', size }))).toEqual(expected)
  })
}

test('a create that finds a quota used up says so in the same headers', async () => {
  const { key } = await gateway.team({ limits: { quotas: [quota('day', 20), quota('hour', 1)] } })
  await gateway.create(key)
  const refused = await gateway.create(key)
  expect(refused.status).toBe(429)
  expect(figures(refused)).toEqual({ policy: '"team-day";q=20;w=86400, "team-hour";q=1;w=3600', limit: '"team-hour";r=0;t=1187', price: '0.50' })
})

test('a create with too many tasks in flight says where its quotas stand', async () => {
  const { key } = await gateway.team({ limits: { tasks_in_flight: 1, quotas: [quota('hour', 5)] } })
  await gateway.create(key)
  const refused = await gateway.create(key)
  expect(refused.json.code).toBe('too_many_in_flight')
  expect(figures(refused)).toEqual({ policy: '"team-hour";q=5;w=3600', limit: '"team-hour";r=4;t=1187', price: '0.50' })
})

test('a limit that was lowered below what is used leaves 0, never less', async () => {
  const { team, key } = await gateway.team({ limits: { quotas: [quota('day', 5)] } })
  for (let i = 0; i < 3; i++) await gateway.create(key)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: { quotas: [quota('day', 1)] } })
  expect(figures(await gateway.create(key)).limit).toBe('"team-day";r=0;t=40787')
})

test('no other answer has these headers, and none has x-ratelimit-…', async () => {
  const { key } = await gateway.team({ limits: { quotas: [quota('day', 20)] } })
  const created = await gateway.create(key)
  const others = [
    await gateway.read(key, created.json.task_info.id),
    await gateway.usage(key),
    await gateway.call('GET', '/v1/tasks', { key }),
    await gateway.create(key, { prompt: '' }),
    await gateway.call('POST', GENERATION, { body: { prompt: 'a cat' } })
  ]
  for (const reply of others) expect(figures(reply)).toEqual({ policy: undefined, limit: undefined, price: undefined })
  for (const { headers } of [created, ...others]) expect(Object.keys(headers).filter(name => name.startsWith('x-ratelimit'))).toEqual([])
})
