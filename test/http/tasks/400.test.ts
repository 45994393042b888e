// A query that is not understood is refused, not ignored.
import { afterAll, beforeAll, test } from 'vitest'
import { startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const wrong: { query: string, says: RegExp }[] = [
  { query: 'limit=0', says: /limit must be at least 1\./ },
  { query: 'limit=101', says: /limit must be at most 100\./ },
  { query: 'limit=1000', says: /limit must be a whole number from 1 to 100\./ },
  { query: 'limit=-1', says: /limit must be a whole number from 1 to 100\./ },
  { query: 'limit=1.5', says: /limit must be a whole number from 1 to 100\./ },
  { query: 'limit=ten', says: /limit must be a whole number from 1 to 100\./ },
  { query: 'limit=', says: /limit must be a whole number from 1 to 100\./ },
  { query: 'limit=1&limit=2', says: /limit must be a whole number from 1 to 100\./ },
  { query: 'cursor=nonsense', says: /cursor is none that this list gave out\./ },
  { query: 'cursor=', says: /cursor is none that this list gave out\./ },
  { query: 'cursor=-1', says: /cursor is none that this list gave out\./ },
  { query: 'cursor=1&cursor=2', says: /cursor is none that this list gave out\./ },
  { query: `cursor=${'9'.repeat(50)}`, says: /cursor is none that this list gave out\./ },
  { query: `cursor=${'x'.repeat(300)}`, says: /cursor is none that this list gave out\./ },
  { query: 'status=finished', says: /status must be one of submitting, pending, processing, completed, failed, refused, unsent, unknown, deleted, expired\./ },
  { query: 'status=PENDING', says: /status must be one of/ },
  { query: 'status=', says: /status must be one of/ },
  { query: 'state=pending', says: /state is unknown .*status/ },
  { query: 'limt=5', says: /limt is unknown .*limit/ },
  { query: 'team=other', says: /team is unknown/ },
  { query: 'model=a&model=b', says: /model must be given once\./ },
  { query: 'limit=0&status=x&foo=1', says: /limit must .*status must .*foo is unknown|status must .*limit must .*foo is unknown/ }
]

for (const { query, says } of wrong) {
  test(`/v1/tasks?${query.slice(0, 40)} is invalid_query and says what is wrong`, async () => {
    const reply = await gateway.call('GET', `/v1/tasks?${query}`, { key })
    expectProblem(reply, 'invalid_query', { instance: '/v1/tasks', detail: says })
  })
}
