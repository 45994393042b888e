// The report for charge-back: its form, and what may be asked of it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const PATH = '/admin/v1/usage'
const ONE_HELD = { tasks: 1, completed: 0, failed: 0, unknown: 0, spent_usd: '0.00', held_usd: '0.50', refunded_usd: '0.00' }
const NOTHING = { ...ONE_HELD, tasks: 0, held_usd: '0.00' }

let gateway: Gateway
let team: string
let keyId: string

beforeAll(async () => {
  gateway = await startGateway()
  gateway.clock.set('2026-11-22T23:30:00Z')
  const made = await gateway.team({ timezone: 'Europe/Berlin' })
  team = made.team
  keyId = made.keyId
  await gateway.create(made.key)
  const tester = await gateway.mint(team, { mode: 'test' })
  for (let count = 1; count <= 2; count++) await gateway.create(tester.key)
})
afterAll(() => gateway.stop())

function usage (query = ''): Promise<Reply> { return gateway.admin('GET', `${PATH}${query}`) }

test('if nothing is said, it is everything that is kept, by team', async () => {
  const { status, headers, json } = await usage()
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'private, no-store' })
  expect(json).toEqual({ data: [{ team, ...ONE_HELD }], totals: ONE_HELD, next_cursor: null })
})

test('columns stand in the order in which they are asked for, days are those of the team', async () => {
  const { text } = await usage('?group_by=day,model,key,team&format=csv')
  expect(text).toBe('day,model,key,team,tasks,completed,failed,unknown,spent_usd,held_usd,refunded_usd\n' +
    `2026-11-23,alibaba/wan2.2-t2v-plus,${keyId},${team},1,0,0,0,0.00,0.50,0.00\n`)
})

test('CSV comes as a file', async () => {
  const { headers } = await usage('?format=csv')
  expect(headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="mulegate-usage.csv"' })
})

test('a report without lines has a header and totals of nothing', async () => {
  expect((await usage('?to=2026-11-22')).json).toEqual({ data: [], totals: NOTHING, next_cursor: null })
  expect((await usage('?to=2026-11-22&format=csv')).text).toBe('team,tasks,completed,failed,unknown,spent_usd,held_usd,refunded_usd\n')
})

test.each([
  ['from=2026-11-23&to=2026-11-23', 1],
  ['from=2026-11-24', 0],
  ['to=2026-11-23', 1],
  ['to=2026-11-22', 0],
  ['from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z', 1],
  ['to=2026-11-23T00:00:00Z', 0],
  ['to=2026-11-23T00:00:01Z', 1],
  ['from=2026-11-24T00:00:00%2B01:00', 1],
  ['from=2026-11-24T00:00:00Z', 0]
])('?%s has %i tasks: days are included, times end before', async (query, tasks) => {
  const { status, json, text } = await usage(`?${query}`)
  expect(status, text).toBe(200)
  expect(json.totals.tasks).toBe(tasks)
})

test('what test keys began is reported apart, and costs nothing', async () => {
  expect((await usage('?mode=test')).json.data).toEqual([{ team, ...NOTHING, tasks: 2 }])
})

test('a team that is not there has used nothing', async () => {
  expect((await usage('?team=nobody')).json.data).toEqual([])
})

test.each([
  ['from=yesterday', /from must be a day such as/],
  ['from=2026-02-30', /from must be a day such as/],
  ['from=2026-11-23&to=2026-11-22', /to must not be before from/],
  ['group_by=', /group_by must be some of team, key, model, day/],
  ['group_by=team,team', /group_by must be some of/],
  ['group_by=team,tag', /must be some of/],
  ['format=xml', /format must be json or csv/],
  ['team=No%20Team', /team is no team id/],
  ['team=a&team=b', /team must be given once/],
  ['mode=dry', /mode must be live or test/],
  ['group=team', /group is unknown \(did you mean group_by\?\)/]
])('?%s is refused with what is wrong', async (query, detail) => {
  expectProblem(await usage(`?${query}`), 'invalid_query', { instance: PATH, detail })
})
