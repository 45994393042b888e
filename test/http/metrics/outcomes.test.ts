// Tasks come to every end that there is, and the counters say exactly what the usage and the report say.
import { expect, onTestFinished, test } from 'vitest'
import { COUNTED } from '../../support/account.ts'
import { eventually } from '../../support/eventually.ts'
import { PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../../support/gateway.ts'
import { ledgerForTest } from '../../support/ledger-for-test.ts'
import { scrape, type Scraped } from '../../support/metrics.ts'
import { answer, RECEIVERS_ALLOWED, startReceiver } from '../../support/receiver.ts'
import { closedPort } from '../../support/raw-http.ts'
import { pointingAt } from '../../support/scripted-upstream.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const MODEL = 'alibaba/wan2.2-t2v-plus'
const HOUR_MS = 3_600_000

async function gatewayWith (env: Record<string, string> = {}): Promise<Gateway> {
  const gateway = await startGateway(env)
  onTestFinished(() => gateway.stop())
  return gateway
}

function micros (usd: number | string | undefined): number { return Math.round(Number(usd ?? 0) * 1_000_000) }

/** The counters of tasks of one team and mode, by outcome; those that did not happen are left out. */
function outcomesOf (scraped: Scraped, team: string, mode: 'live' | 'test' = 'live'): Record<string, number> {
  const samples = scraped.samples('mulegate_tasks_total').filter(({ labels, value }) => labels['team'] === team && labels['mode'] === mode && value !== 0)
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['outcome'], value]))
}

/** What became held, spent and refunded, in micro-dollars. */
function moneyOf (scraped: Scraped, team: string): Record<string, number> {
  return Object.fromEntries(['held', 'spent', 'refunded'].map(money => [money, micros(scraped.value('mulegate_cost_usd_total', { team, model: MODEL, money }))]))
}

async function settled (gateway: Gateway, ref: string, status: string): Promise<void> {
  await eventually(async () => (await gateway.admin('GET', `/admin/v1/tasks/${ref}`)).json.status === status, `${ref} is ${status}`)
}

test('every outcome is counted once, in the ledger\'s own words, and the money is that of the usage and of the report', async () => {
  const gateway = await gatewayWith({ SWEEP_LOOKS_PER_SECOND: '1000', TASK_DEADLINE_HOURS: '2', STATUS_MAX_AGE_MS: '200' })
  const { team, key } = await gateway.team({ limits: COUNTED })
  const idOf = async (prompt: string): Promise<string> => (await gateway.create(key, { prompt, size: '832*480' })).json.task_info.id
  const newest = async (): Promise<string> => (await gateway.call('GET', '/v1/tasks?limit=1', { key })).json.data[0].task_ref

  // At 0.10: two that complete, one that fails, one deleted before it began, one that never ends.
  const completes = [await idOf('one'), await idOf('two')]
  const fails = await idOf('[[fail]] three')
  const removed = await idOf('four')
  expect((await gateway.call('DELETE', `/generation/${removed}`, { key })).status).toBe(200)
  await idOf('[[never-ends]] five')
  const endless = await newest()
  // At 0.50: refused by MuleRouter; four whose outcome is unknown, and an operator who decides about three of them.
  expect((await gateway.create(key, { prompt: '[[status=503]] six' })).status).toBe(502)
  const doubtful: string[] = []
  for (const word of ['spent', 'refunded', 'accepted', 'held']) {
    doubtful.push((await gateway.create(key, { prompt: `[[reset]] ${word}` })).json.task_ref)
  }
  const [asSpent = '', asRefunded = ''] = doubtful
  const foundIds = gateway.simulator.received.tasks.slice(-4)
  const resolve = (ref: string, body: object) => gateway.admin('POST', `/admin/v1/tasks/${ref}/resolve`, { reason: 'a test', ...body })
  await resolve(asSpent, { as: 'spent' })
  await resolve(asRefunded, { as: 'refunded' })
  await resolve(doubtful[2] ?? '', { as: 'accepted', task_id: foundIds[2] })

  const between = await scrape(gateway)
  expect(between.value('mulegate_tasks_in_doubt')).toBe(1)
  expect(between.value('mulegate_tasks_in_flight', { team, mode: 'live' })).toBe(5)

  // What was given back is charged again when it turns up after all.
  await resolve(asRefunded, { as: 'accepted', task_id: foundIds[1] })
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  for (const id of [...completes, fails, foundIds[1] ?? '', foundIds[2] ?? '']) expect((await gateway.read(key, id)).status).toBe(200)
  gateway.clock.advance(3 * HOUR_MS)
  await settled(gateway, endless, 'expired')

  const scraped = await scrape(gateway)
  const row = (await gateway.admin('GET', `/admin/v1/usage?team=${team}`)).json.data[0]
  expect(outcomesOf(scraped, team)).toEqual({ admitted: 10, accepted: 7, completed: 4, failed: 1, deleted: 1, expired: 1, refused: 1, unknown: 4 })
  expect(outcomesOf(scraped, team)).toMatchObject({ completed: row.completed, failed: row.failed, admitted: row.tasks + 1 })
  expect(row.unknown).toBe(2)

  // held: ten admissions, and one that was charged again. Of the report, refused tasks are no part.
  const [low, high] = [100_000, 500_000]
  const money = moneyOf(scraped, team)
  expect(money).toEqual({ held: 5 * low + 5 * high + high, spent: 3 * low + 3 * high, refunded: 2 * low + high + high })
  expect(money['spent']).toBe(micros(row.spent_usd))
  expect((money['refunded'] ?? 0) - high - high).toBe(micros(row.refunded_usd))
  expect((money['held'] ?? 0) - (money['spent'] ?? 0) - (money['refunded'] ?? 0)).toBe(micros(row.held_usd))
  const [, usd] = (await gateway.usage(key)).json.quotas
  expect((money['held'] ?? 0) - (money['refunded'] ?? 0)).toBe(micros(usd.used))
  expect((money['held'] ?? 0) - (money['spent'] ?? 0) - (money['refunded'] ?? 0)).toBe(micros(usd.held))
  expect(scraped.value('mulegate_tasks_in_doubt')).toBe(1)
  expect(scraped.value('mulegate_tasks_in_flight')).toBe(undefined)
  expect(scraped.value('mulegate_oldest_unfinished_task_age_seconds')).toBe(0)

  // Whoever looks again at what has ended counts nothing.
  for (const id of [...completes, fails]) await gateway.read(key, id)
  const later = await scrape(gateway)
  expect([outcomesOf(later, team), moneyOf(later, team)]).toEqual([outcomesOf(scraped, team), money])
})

test('fifty readers of one task that fails give its price back once, in the counters too', async () => {
  const gateway = await gatewayWith({ STATUS_MAX_AGE_MS: '200' })
  const { team, key } = await gateway.team({ limits: COUNTED })
  const { task_info: { id } } = (await gateway.create(key, { prompt: '[[fail]]' })).json
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await Promise.all(Array.from({ length: 50 }, () => gateway.read(key, id)))
  const scraped = await scrape(gateway)
  expect(outcomesOf(scraped, team)).toEqual({ admitted: 1, accepted: 1, failed: 1 })
  expect(moneyOf(scraped, team)).toEqual({ held: 500_000, spent: 0, refunded: 500_000 })
})

test('a create that could not be sent is unsent and given back', async () => {
  const gateway = await gatewayWith(pointingAt(`http://127.0.0.1:${await closedPort()}`))
  const { team, key } = await gateway.team({ limits: COUNTED })
  for (let create = 1; create <= 3; create++) expect((await gateway.create(key)).status).toBe(503)
  const scraped = await scrape(gateway)
  expect(outcomesOf(scraped, team)).toEqual({ admitted: 3, unsent: 3 })
  expect(moneyOf(scraped, team)).toEqual({ held: 1_500_000, spent: 0, refunded: 1_500_000 })
  expect(scraped.value('mulegate_upstream_call_duration_seconds', { operation: 'submit', result: 'unsent' })).toBe(3)
})

test('the first end of a team\'s tasks is a growth: counters show 0 before it, at a gateway too that has only seen the tasks in the ledger', async () => {
  const ledger = ledgerForTest(tempFolder())
  onTestFinished(() => ledger.drop())
  const first = await startGateway(ledger.env)
  const { team, key } = await first.team()
  expect((await first.create(key)).status).toBe(202)
  const before = await scrape(first)
  await first.stop({ atOnce: true })
  const next = await gatewayWith(ledger.env)
  for (const scraped of [before, await scrape(next)]) {
    for (const outcome of ['completed', 'failed', 'unknown', 'expired']) expect(scraped.value('mulegate_tasks_total', { team, model: MODEL, mode: 'live', outcome }), outcome).toBe(0)
    for (const money of ['spent', 'refunded']) expect(scraped.value('mulegate_cost_usd_total', { team, model: MODEL, money }), money).toBe(0)
  }
})

test('tenths of a dollar add up to what they are', async () => {
  const gateway = await gatewayWith()
  const { team, key } = await gateway.team({ limits: COUNTED })
  for (let create = 1; create <= 7; create++) await gateway.create(key, { prompt: `cat ${create}`, size: '832*480' })
  expect((await scrape(gateway)).text).toContain(`mulegate_cost_usd_total{team="${team}",model="${MODEL}",money="held"} 0.7\n`)
})

test('tasks of test keys count apart, and cost nothing', async () => {
  const gateway = await gatewayWith()
  const { team, key } = await gateway.team({ limits: COUNTED }, { mode: 'test' })
  await gateway.create(key)
  const scraped = await scrape(gateway)
  expect(outcomesOf(scraped, team, 'test')).toEqual({ admitted: 1, accepted: 1 })
  expect(scraped.value('mulegate_cost_usd_total', { team })).toBe(undefined)
  expect(scraped.value('mulegate_tasks_in_flight', { team, mode: 'test' })).toBe(1)
  expect(scraped.value('mulegate_upstream_call_duration_seconds')).toBe(0)
})

test('refusals are counted by code, by team, and by every limit that was in the way', async () => {
  const gateway = await gatewayWith()
  const { team, key } = await gateway.team({ limits: { tasks_in_flight: 5, quotas: [{ per: 'day', unit: 'tasks', limit: 1 }, { per: 'month', unit: 'usd', limit: '0.50' }] } })
  await gateway.create(key)
  for (let create = 1; create <= 2; create++) expect((await gateway.create(key)).status).toBe(429)
  expect((await gateway.create(key, { prompt: '' })).status).toBe(400)
  expect((await gateway.usage('mg_live_nobody')).status).toBe(401)
  const other = await gateway.team({ limits: { tasks_in_flight: 1 }, policy: { fields: { size: ['832*480'] } } })
  expect((await gateway.create(other.key)).status).toBe(202)
  expect((await gateway.create(other.key)).status).toBe(429)
  expect((await gateway.create(other.key, { prompt: 'a cat', size: '1920*1080' })).status).toBe(403)

  const scraped = await scrape(gateway)
  const refusals = scraped.samples('mulegate_refusals_total').map(({ labels, value }) => `${labels['team']} ${labels['code']} ${value}`)
  expect(refusals.sort()).toEqual([
    '(none) unauthenticated 1', `${team} invalid_body 1`, `${team} quota_exhausted 2`, `${other.team} not_allowed 1`, `${other.team} too_many_in_flight 1`
  ].sort())
  const policies = scraped.samples('mulegate_policy_refusals_total').map(({ labels, value }) => `${labels['team']} ${labels['policy']} ${value}`)
  expect(policies.sort()).toEqual(['(none) failed-logins 0', `${other.team} team-in-flight 1`, `${team} team-day 2`, `${team} team-month-usd 2`].sort())
})

test('what MuleRouter refuses is counted by its status, and a status word that nobody knows is counted, and logged once', async () => {
  const gateway = await gatewayWith({ STATUS_MAX_AGE_MS: '200' })
  const { key } = await gateway.team({ limits: COUNTED })
  expect((await scrape(gateway)).value('mulegate_upstream_refusals_total', { operation: 'submit', status: '402' })).toBe(0)
  for (const status of [402, 402, 418]) await gateway.create(key, { prompt: `[[status=${status}]]` })
  const { task_info: { id } } = (await gateway.create(key, { prompt: '[[unknown-word]]' })).json
  for (let look = 1; look <= 3; look++) {
    gateway.clock.advance(PENDING_MS)
    expect((await gateway.read(key, id)).json.task_info.status).toBe('processing')
  }
  const scraped = await scrape(gateway)
  expect(scraped.value('mulegate_upstream_refusals_total', { status: '402' })).toBe(2)
  expect(scraped.value('mulegate_upstream_refusals_total', { status: '4xx' })).toBe(1)
  expect(scraped.value('mulegate_upstream_unknown_statuses_total')).toBe(3)
  const lines = gateway.log().filter(({ msg }) => msg === 'MuleRouter says a status that nobody knows')
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', word: expect.stringMatching(/^\w+$/) })])
  expect(scraped.text).not.toContain(String(lines[0]?.['word']))
})

test('attempts to deliver webhooks are counted by what became of them, and what waits is counted', async () => {
  const gateway = await gatewayWith({ ...RECEIVERS_ALLOWED, STATUS_MAX_AGE_MS: '200' })
  const receiver = await startReceiver(answer(500, ''))
  onTestFinished(() => receiver.close())
  const { key } = await gateway.team({}, { webhooks: true })
  await gateway.call('PUT', '/v1/webhooks/hook', { key, body: { url: `${receiver.origin}/hooks`, events: ['task.completed'] }, reveals: true })
  const { task_info: { id } } = (await gateway.create(key)).json
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await gateway.read(key, id)
  await eventually(async () => (await scrape(gateway)).value('mulegate_webhook_deliveries_total', { outcome: 'put_off' }) === 1, 'the first attempt has failed')
  expect((await scrape(gateway)).value('mulegate_webhook_deliveries_pending')).toBe(1)
  receiver.script = answer(204, '')
  gateway.clock.advance(HOUR_MS)
  await eventually(async () => (await scrape(gateway)).value('mulegate_webhook_deliveries_total', { outcome: 'delivered' }) === 1, 'it is delivered')
  expect((await scrape(gateway)).value('mulegate_webhook_deliveries_pending')).toBe(0)
})

test('callers that wait, and since when the oldest task and the most overdue one do, are gauges', async () => {
  const gateway = await gatewayWith()
  const { key } = await gateway.team({ limits: COUNTED })
  const { task_info: { id } } = (await gateway.create(key)).json
  const gone = new AbortController()
  const stream = await fetch(`${gateway.origin}/generation/${id}/events`, { headers: { authorization: `Bearer ${key}` }, signal: gone.signal })
  expect(stream.status).toBe(200)
  gateway.clock.advance(60_000)
  const scraped = await scrape(gateway)
  expect(scraped.value('mulegate_waiting_callers')).toBe(1)
  expect(scraped.value('mulegate_oldest_unfinished_task_age_seconds')).toBe(60)
  expect(scraped.value('mulegate_draining')).toBe(0)
  expect(scraped.value('mulegate_owed_records')).toBe(0)
  gone.abort()
  await eventually(async () => (await scrape(gateway)).value('mulegate_waiting_callers') === 0, 'nobody waits any more')
  await eventually(async () => (await scrape(gateway)).value('mulegate_http_request_duration_seconds', { status: 'gone', route: '/generation/:task_id/events' }) === 1, 'it is counted as gone')
})

test('a task that is due, and that nobody looks at, shows how long the sweep is behind', async () => {
  const gateway = await gatewayWith({ SWEEP_LOOKS_PER_SECOND: '0' })
  const { key } = await gateway.team()
  await gateway.create(key)
  gateway.clock.advance(65_000)
  // The first look is due when it is five seconds old.
  expect((await scrape(gateway)).value('mulegate_sweep_lag_seconds')).toBe(60)
})
