// Whatever callers make up, there are not more series; and nothing that must stay secret is in them.
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, UPSTREAM_TOKEN } from '../../support/gateway.ts'
import { scrape, type Scraped } from '../../support/metrics.ts'
import { openSocket, readReplies } from '../../support/raw-http.ts'

const EACH = 1000
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'MKCOL', 'SEARCH', 'REPORT', 'LOCK', 'PURGE', 'LINK', 'SUBSCRIBE']

test('a thousand paths, ids, methods, prompts and keys that nobody knows add no series', { timeout: 240_000 }, async () => {
  const gateway = await startGateway({ REQUESTS_PER_MINUTE: '1000000' })
  onTestFinished(() => gateway.stop())
  const { team, key } = await gateway.team()

  /** Everything that a caller can make up, by its number; many calls on one connection. */
  async function makeUp (from: number, to: number): Promise<void> {
    const calls = Array.from({ length: to - from }, (_, place) => from + place).flatMap(number => [
      ['GET', `/path-${number}`], ['GET', `/%zz${number}`], ['GET', `/path-${number}`, 'nobody'], ['GET', `${GENERATION}/task-${number}`], ['GET', `/v1/webhooks/hook-${number}`],
      [METHODS[number % METHODS.length], `/path-${number}`], [METHODS[number % METHODS.length], `${GENERATION}/task-${number}`], ['GET', `/v1/tasks?cursor=made-up-${number}`]
    ].map(([method = '', path = '', token = key]) => `${method} ${path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`))
    for (let begin = 0; begin < calls.length; begin += 200) {
      const some = calls.slice(begin, begin + 200)
      const socket = await openSocket(gateway.origin)
      socket.write(some.join(''))
      expect(await readReplies(socket, some.length)).toHaveLength(some.length)
      socket.destroy()
    }
  }

  // Every kind of answer once, and more failed logins than a minute has.
  await makeUp(0, 70)
  await gateway.create(key, { prompt: 'a secret prompt', seed: 1 })
  await scrape(gateway)
  const before = await scrape(gateway)
  await makeUp(100, 100 + EACH)
  await Promise.all(Array.from({ length: 20 }, (_, number) => gateway.create(key, { prompt: `a secret prompt ${number}` })))
  const after = await scrape(gateway)

  expect(newSeries(before, after)).toEqual([])
  expect(after.value('mulegate_http_request_duration_seconds', { route: 'unknown' })).toBeGreaterThan(3 * EACH)
  expect(new Set(after.samples('mulegate_http_request_duration_seconds').map(({ labels }) => labels['method']))).not.toContain('PROPFIND')
  for (const secret of [key, key.slice(8, 38), ADMIN_TOKEN, UPSTREAM_TOKEN, 'secret prompt', 'task-1', 'hook-1', 'path-1']) expect(after.text.includes(secret), secret).toBe(false)
  expect(after.text).toContain(team)
})

/** Series of the second scrape that the first one has not; those of the process come when they want. */
function newSeries (before: Scraped, after: Scraped): string[] {
  const known = new Set(before.series)
  return after.series.filter(series => series.startsWith('mulegate_') && !known.has(series))
}
