// Three processes on one Redis and three hundred callers at once: whatever the limit, exactly as many tasks as it allows reach MuleRouter.
import { expect, test } from 'vitest'
import { COUNTED, startFleet } from '../../support/fleet.ts'

const CALLERS = 300
const MINUTE_MS = 60_000

type Race = { name: string, limits: object, admitted: number, code: string, quotas: object[] }

const races: Race[] = [
  { name: 'a quota of 10 tasks', limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 10 }] }, admitted: 10, code: 'quota_exhausted', quotas: [{ used: 10, held: 10 }] },
  { name: 'a budget for 8 tasks and a half', limits: { quotas: [{ per: 'total', unit: 'usd', limit: '4.25' }] }, admitted: 8, code: 'quota_exhausted', quotas: [{ used: '4.00', held: '4.00' }] },
  { name: '10 tasks in flight', limits: { tasks_in_flight: 10 }, admitted: 10, code: 'too_many_in_flight', quotas: [] },
  { name: '10 requests per minute', limits: { requests_per_minute: 10 }, admitted: 10, code: 'rate_limited', quotas: [] }
]

for (const { name, limits, admitted, code, quotas } of races) {
  test(`${CALLERS} parallel creates at three processes against ${name}: exactly ${admitted} reach MuleRouter and the others are refused`, async () => {
    const fleet = await startFleet()
    const { key, answers, sent } = await inOneMinute(async () => {
      const { key } = await fleet.team(limits)
      const before = fleet.simulator.received.creates
      return { key, answers: await fleet.createMany(CALLERS, key), sent: fleet.simulator.received.creates - before }
    })

    expect(sent).toBe(admitted)
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(admitted)
    expect(answers.filter(answer => answer.status === 429 && answer.code === code)).toHaveLength(CALLERS - admitted)
    for (const gateway of fleet.gateways) expect(await fleet.account(key, gateway)).toMatchObject({ inFlight: admitted, quotas })
  })
}

test(`${CALLERS} parallel creates at three processes with one Idempotency-Key: one reaches MuleRouter, and all are told of that one`, async () => {
  const fleet = await startFleet()
  const { key } = await fleet.team(COUNTED)
  const headers = { 'idempotency-key': 'one-for-all' }

  const answers = await fleet.createMany(CALLERS, key, { headers })

  expect(fleet.simulator.received.creates).toBe(1)
  const [taskId] = fleet.simulator.received.tasks
  expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0)
  for (const answer of answers) expect(answer).toMatchObject(answer.status === 202 ? { taskId } : { status: 409, code: 'idempotency_in_progress' })
  for (const answer of await fleet.createMany(3, key, { headers })) expect(answer).toMatchObject({ status: 202, taskId, headers: { 'idempotency-replayed': 'true' } })
  expect(await fleet.account(key)).toMatchObject({ inFlight: 1, quotas: [{ used: 1, held: 1 }] })
})

/** Races again if the clock passed from one minute to the next, where a limit by the minute begins anew. */
async function inOneMinute<Result> (race: () => Promise<Result>): Promise<Result> {
  while (true) {
    const minute = Math.floor(Date.now() / MINUTE_MS)
    const result = await race()
    if (Math.floor(Date.now() / MINUTE_MS) === minute) return result
  }
}
