// What balancers ask; nobody needs a key for it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { startGateway, type Gateway } from '../../support/gateway.ts'
import { pointingAt, startUpstream } from '../../support/scripted-upstream.ts'

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

test('a MuleRouter that never answers is in nobody\'s way here, although all calls to it are taken and others wait', async () => {
  const upstream = await startUpstream(() => {})
  const waiting = await startGateway(pointingAt(upstream.origin, { UPSTREAM_TIMEOUT_MS: '60000', SHUTDOWN_GRACE_MS: '65000' }), { config: { shutdownGraceMs: 0 } })
  const { key } = await waiting.team()
  const creates = Array.from({ length: 140 }, () => waiting.create(key).catch(() => undefined))
  await eventually(() => upstream.requests.length === 128, 'as many as may be are under way')
  for (const path of ['/livez', '/readyz', '/readyz?scope=instance']) expect((await waiting.call('GET', path)).status).toBe(200)
  await waiting.stop({ atOnce: true })
  await Promise.all(creates)
  await upstream.close()
})
