// What balancers ask; nobody needs a key for it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type Gateway } from '../../support/gateway.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

for (const path of ['/livez', '/readyz', '/readyz?scope=instance', '/readyz?probe=17', '//livez']) {
  test(`${path} is 200 without a key, and kept by no cache`, async () => {
    const reply = await gateway.call('GET', path)
    expect(reply).toMatchObject({ status: 200, json: { status: 'ok' }, headers: { 'cache-control': 'no-store' } })
  })

  test(`${path} is 200 whatever key is sent along`, async () => {
    expect((await gateway.call('GET', path, { key: 'nonsense' })).status).toBe(200)
  })
}

test('health is not behind the front door: hundreds of probes are all answered', async () => {
  const replies = await Promise.all(Array.from({ length: 300 }, () => gateway.call('GET', '/livez')))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
})

test('a gateway without MuleRouter is ready all the same: tasks can be read', async () => {
  const lonely = await startGateway({ MULEROUTER_BASE_URL: 'http://127.0.0.1:9' })
  expect((await lonely.call('GET', '/readyz')).status).toBe(200)
  await lonely.stop()
})
