// Two hundred callers at once: whatever the limit, exactly as many tasks as it allows reach MuleRouter.
import { afterEach, expect, test } from 'vitest'
import { startGateway, type Gateway, type TeamSettings } from './support/gateway.ts'

const CALLERS = 200
let gateway: Gateway
afterEach(() => gateway.stop())

type Race = { name: string, team?: TeamSettings['limits'], key?: object, size?: string, admitted: number, code: string, usage: object[] }

const races: Race[] = [
  {
    name: 'a team quota of 10 tasks a day',
    team: { quotas: [{ per: 'day', unit: 'tasks', limit: 10 }] },
    admitted: 10,
    code: 'quota_exhausted',
    usage: [{ scope: 'team', used: 10, held: 10, remaining: 0 }]
  },
  {
    name: 'a key quota of 10 tasks in total',
    key: { quotas: [{ per: 'total', unit: 'tasks', limit: 10 }] },
    admitted: 10,
    code: 'quota_exhausted',
    usage: [{ scope: 'key', used: 10, held: 10, remaining: 0 }]
  },
  {
    name: '10 tasks in flight',
    team: { tasks_in_flight: 10 },
    admitted: 10,
    code: 'too_many_in_flight',
    usage: []
  },
  {
    name: 'two windows, the narrower one on the key',
    team: { quotas: [{ per: 'month', unit: 'tasks', limit: 50 }] },
    key: { quotas: [{ per: 'hour', unit: 'tasks', limit: 7 }] },
    admitted: 7,
    code: 'quota_exhausted',
    usage: [{ scope: 'team', used: 7, held: 7, remaining: 43 }, { scope: 'key', used: 7, held: 7, remaining: 0 }]
  },
  {
    name: 'a budget that does not divide evenly by the price',
    team: { quotas: [{ per: 'day', unit: 'usd', limit: '1.25' }] },
    size: '480*832',
    admitted: 12,
    code: 'quota_exhausted',
    usage: [{ scope: 'team', used: '1.20', held: '1.20', remaining: '0.05' }]
  },
  {
    name: '10 requests per minute',
    key: { requests_per_minute: 10 },
    admitted: 10,
    code: 'rate_limited',
    usage: []
  }
]

for (const { name, team, key, size = '1920*1080', admitted, code, usage } of races) {
  test(`${CALLERS} parallel creates against ${name}: exactly ${admitted} reach MuleRouter and the others are refused`, async () => {
    gateway = await startGateway()
    const caller = await gateway.team(team === undefined ? {} : { limits: team }, key === undefined ? {} : { limits: key })

    const replies = await Promise.all(Array.from({ length: CALLERS }, () => gateway.create(caller.key, { prompt: 'a race', size })))

    expect(replies.filter(({ status }) => status === 202)).toHaveLength(admitted)
    const refused = replies.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(CALLERS - admitted)
    expect(new Set(refused.map(({ json }) => json.code))).toEqual(new Set([code]))
    expect(gateway.simulator.received).toMatchObject({ creates: admitted, accepted: admitted })
    const { json } = await gateway.usage(caller.key)
    expect(json.in_flight.used).toBe(admitted)
    expect(json.quotas).toMatchObject(usage)
    expect(json.quotas).toHaveLength(usage.length)
  })
}
