// `GET /v1/usage`: where the limits of the team and of the key stand.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { GENERATION, PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
beforeEach(() => gateway.clock.set('2026-11-22T12:00:00Z'))
afterAll(() => gateway.stop())

const tasks = (per: string, limit: number) => ({ per, unit: 'tasks', limit })
const usd = (per: string, limit: string) => ({ per, unit: 'usd', limit })

test('the shape of the contract: six tasks today of which one is held, seven dollars this month', async () => {
  const { team, keyId, key } = await gateway.team(
    { timezone: 'Europe/Berlin', limits: { tasks_in_flight: 4, quotas: [tasks('day', 20)] } },
    { limits: { quotas: [usd('month', '150.00')] } }
  )
  for (let i = 0; i < 5; i++) {
    const { json } = await gateway.create(key)
    gateway.clock.advance(PENDING_MS + PROCESSING_MS)
    await gateway.read(key, json.task_info.id)
  }
  await gateway.create(key)

  const reply = await gateway.usage(key)
  expect(reply.status).toBe(200)
  expect(reply.json).toEqual({
    team,
    key_id: keyId,
    in_flight: expect.objectContaining({ limit: 4, used: 1 }),
    quotas: [
      { scope: 'team', per: 'day', unit: 'tasks', limit: 20, used: 6, held: 1, remaining: 14, resets_at: '2026-11-23T00:00:00+01:00' },
      { scope: 'key', per: 'month', unit: 'usd', limit: '150.00', used: '3.00', held: '0.50', remaining: '147.00', resets_at: '2026-12-01T00:00:00+01:00' }
    ]
  })
})

test('without limits there are no quotas, and in_flight counts without a limit', async () => {
  const { team, keyId, key } = await gateway.team()
  await gateway.create(key)
  expect((await gateway.usage(key)).json).toEqual({ team, key_id: keyId, in_flight: expect.objectContaining({ limit: null, used: 1 }), quotas: [] })
})

const zones: { timezone: string, now: string, per: string, resetsAt: string | null }[] = [
  { timezone: 'UTC', now: '2026-11-22T12:00:00Z', per: 'hour', resetsAt: '2026-11-22T13:00:00+00:00' },
  { timezone: 'UTC', now: '2026-11-22T12:00:00Z', per: 'day', resetsAt: '2026-11-23T00:00:00+00:00' },
  { timezone: 'UTC', now: '2026-11-22T12:00:00Z', per: 'total', resetsAt: null },
  { timezone: 'America/Los_Angeles', now: '2026-11-22T05:00:00Z', per: 'day', resetsAt: '2026-11-22T00:00:00-08:00' },
  { timezone: 'America/Los_Angeles', now: '2026-12-01T05:00:00Z', per: 'month', resetsAt: '2026-12-01T00:00:00-08:00' },
  { timezone: 'Asia/Tokyo', now: '2026-11-30T15:00:00Z', per: 'month', resetsAt: '2027-01-01T00:00:00+09:00' },
  { timezone: 'Asia/Kolkata', now: '2026-11-22T12:00:00Z', per: 'day', resetsAt: '2026-11-23T00:00:00+05:30' },
  { timezone: 'Europe/Berlin', now: '2026-11-22T22:59:59Z', per: 'week', resetsAt: '2026-11-23T00:00:00+01:00' },
  { timezone: 'Europe/Berlin', now: '2026-11-22T23:00:00Z', per: 'week', resetsAt: '2026-11-30T00:00:00+01:00' },
  { timezone: 'Europe/Berlin', now: '2026-10-24T23:30:00Z', per: 'day', resetsAt: '2026-10-26T00:00:00+01:00' },
  { timezone: 'Europe/Berlin', now: '2026-03-28T23:30:00Z', per: 'day', resetsAt: '2026-03-30T00:00:00+02:00' }
]

for (const { timezone, now, per, resetsAt } of zones) {
  test(`per ${per} at ${now} in ${timezone} resets at ${resetsAt ?? 'no time: null'}`, async () => {
    gateway.clock.set(now)
    const { key } = await gateway.team({ timezone, limits: { quotas: [tasks(per, 5)] } })
    await gateway.create(key)
    expect((await gateway.usage(key)).json.quotas).toMatchObject([{ per, used: 1, remaining: 4, resets_at: resetsAt }])
    if (resetsAt === null) return
    gateway.clock.set(resetsAt)
    expect((await gateway.usage(key)).json.quotas).toMatchObject([{ per, used: 0, held: 0, remaining: 5 }])
  })
}

test('used includes held: a task is held while it runs, spent when it completed, and neither when it failed or was deleted', async () => {
  const { key } = await gateway.team({ limits: { quotas: [tasks('day', 10), usd('day', '10.00')] } })
  const quotas = async () => (await gateway.usage(key)).json.quotas.map(({ used, held, remaining }: Record<string, unknown>) => ({ used, held, remaining }))

  const completing = (await gateway.create(key)).json.task_info.id
  const failing = (await gateway.create(key, { prompt: 'a cat [[fail]]', size: '832*480' })).json.task_info.id
  const deleted = (await gateway.create(key)).json.task_info.id
  expect(await quotas()).toEqual([{ used: 3, held: 3, remaining: 7 }, { used: '1.10', held: '1.10', remaining: '8.90' }])

  await gateway.call('DELETE', `${GENERATION}/${deleted}`, { key })
  expect(await quotas()).toEqual([{ used: 2, held: 2, remaining: 8 }, { used: '0.60', held: '0.60', remaining: '9.40' }])

  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await gateway.read(key, completing)
  expect(await quotas()).toEqual([{ used: 2, held: 1, remaining: 8 }, { used: '0.60', held: '0.10', remaining: '9.40' }])

  await gateway.read(key, failing)
  expect(await quotas()).toEqual([{ used: 1, held: 0, remaining: 9 }, { used: '0.50', held: '0.00', remaining: '9.50' }])
})

test('a task that ends after its window is settled in the window in which it began', async () => {
  gateway.clock.set('2026-11-22T23:59:55Z')
  const { key } = await gateway.team({ limits: { quotas: [tasks('day', 10), tasks('month', 10)] } })
  const { json } = await gateway.create(key, { prompt: 'a cat [[fail]]' })
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.usage(key)).json.quotas).toMatchObject([{ per: 'day', used: 0, held: 0 }, { per: 'month', used: 1, held: 1 }])
  await gateway.read(key, json.task_info.id)
  expect((await gateway.usage(key)).json.quotas).toMatchObject([{ per: 'day', used: 0, held: 0 }, { per: 'month', used: 0, held: 0 }])
})

test('in_flight is that of the team or of the key, whichever has less room', async () => {
  const first = await gateway.team({ limits: { tasks_in_flight: 5 } }, { limits: { tasks_in_flight: 3 } })
  const second = await gateway.mint(first.team, { limits: { tasks_in_flight: 4 } })
  await gateway.create(first.key)
  expect((await gateway.usage(first.key)).json.in_flight).toMatchObject({ limit: 3, used: 1 })
  for (let i = 0; i < 3; i++) await gateway.create(second.key)
  expect((await gateway.usage(first.key)).json.in_flight).toMatchObject({ limit: 5, used: 4 })
})

test('the usage of a key has the team\'s quotas and its own, not those of another key', async () => {
  const first = await gateway.team({ limits: { quotas: [tasks('day', 10)] } }, { limits: { quotas: [tasks('day', 5)] } })
  const second = await gateway.mint(first.team, { limits: { quotas: [tasks('total', 7)] } })
  await gateway.create(first.key)
  expect((await gateway.usage(first.key)).json.quotas).toMatchObject([{ scope: 'team', used: 1 }, { scope: 'key', per: 'day', limit: 5, used: 1 }])
  expect((await gateway.usage(second.key)).json.quotas).toMatchObject([{ scope: 'team', used: 1 }, { scope: 'key', per: 'total', limit: 7, used: 0 }])
})

test('no money is lost in sums of a hundred small prices', async () => {
  const { key } = await gateway.team({ limits: { quotas: [usd('total', '100.30')] } })
  for (let i = 0; i < 103; i++) await gateway.create(key, { prompt: 'a small cat', size: '832*480' })
  expect((await gateway.usage(key)).json.quotas).toMatchObject([{ limit: '100.30', used: '10.30', held: '10.30', remaining: '90.00' }])
})

const midway: { name: string, quota: object, used: number | string }[] = [
  { name: 'tasks per day', quota: tasks('day', 10), used: 2 },
  { name: 'tasks per month', quota: tasks('month', 10), used: 2 },
  { name: 'tasks in total', quota: tasks('total', 10), used: 2 },
  { name: 'USD per day', quota: usd('day', '10.00'), used: '0.60' },
  { name: 'USD per month', quota: usd('month', '10.00'), used: '0.60' },
  { name: 'USD in total', quota: usd('total', '10.00'), used: '0.60' }
]

for (const { name, quota, used } of midway) {
  test(`a limit on ${name} that is set midway counts what was used before, for the team and for the key`, async () => {
    const { team, keyId, key } = await gateway.team()
    await gateway.create(key)
    await gateway.create(key, { prompt: 'a small cat', size: '832*480' })
    await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: { quotas: [quota] } })
    await gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { limits: { quotas: [quota] } })
    expect((await gateway.usage(key)).json.quotas).toMatchObject([{ scope: 'team', used, held: used }, { scope: 'key', used, held: used }])
  })
}

test('a limit that is set midway and was used up before admits nothing more', async () => {
  const { team, key } = await gateway.team()
  await gateway.create(key)
  await gateway.create(key)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { limits: { quotas: [tasks('day', 2)] } })
  expect((await gateway.create(key)).json.code).toBe('quota_exhausted')
})

test('a changed time zone opens no fresh day', async () => {
  const { team, key } = await gateway.team({ timezone: 'UTC', limits: { quotas: [tasks('day', 1)] } })
  await gateway.create(key)
  await gateway.admin('PATCH', `/admin/v1/teams/${team}`, { timezone: 'Europe/Berlin' })
  expect((await gateway.usage(key)).json.quotas).toMatchObject([{ used: 1, remaining: 0, resets_at: '2026-11-23T00:00:00+01:00' }])
  expect((await gateway.create(key)).status).toBe(429)
})
