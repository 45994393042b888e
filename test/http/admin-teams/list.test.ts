// `GET /admin/v1/teams`: all teams, a page at a time.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const TEAMS = '/admin/v1/teams'
const IDS = Array.from({ length: 25 }, (_, index) => `team-${String(index).padStart(2, '0')}`)

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
  expect((await gateway.admin('GET', TEAMS)).json).toEqual({ data: [], next_cursor: null })
  for (const id of IDS) await gateway.admin('POST', TEAMS, { id, name: `Name of ${id}` })
  await gateway.admin('DELETE', `${TEAMS}/team-03`)
})
afterAll(() => gateway.stop())

const idsOf = ({ json }: Reply): string[] => json.data.map(({ id }: { id: string }) => id)

test('a team in the list is shown as it is shown alone', async () => {
  const { json } = await gateway.admin('GET', `${TEAMS}?limit=1`)
  expect(json.data).toEqual([(await gateway.admin('GET', `${TEAMS}/${json.data[0].id}`)).json])
})

test('the pages are all teams, each once, disabled ones too', async () => {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const reply: Reply = await gateway.admin('GET', `${TEAMS}?limit=10${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    expect(reply.status).toBe(200)
    ids.push(...idsOf(reply))
    cursor = reply.json.next_cursor
  } while (cursor !== null)
  expect(ids.toSorted()).toEqual(IDS)
})

test('without a limit a page has 20 teams', async () => {
  expect(idsOf(await gateway.admin('GET', TEAMS))).toHaveLength(20)
  expect(idsOf(await gateway.admin('GET', `${TEAMS}?limit=100`))).toHaveLength(25)
})

for (const query of ['limit=0', 'limit=101', 'limit=x', 'page=2', 'cursor=']) {
  test(`?${query} is invalid_query`, async () => {
    expectProblem(await gateway.admin('GET', `${TEAMS}?${query}`), 'invalid_query', { instance: TEAMS, detail: /^The query is not valid: / })
  })
}
