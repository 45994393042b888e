// Traces, as a collector gets them: who is whose parent, what is linked to what, and what is never told.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCollector, type CollectedSpan, type Collector } from '../../support/collector.ts'
import { eventually } from '../../support/eventually.ts'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { present } from '../../support/present.ts'
import { openSocket } from '../../support/raw-http.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

let collector: Collector
let gateway: Gateway
let key: string
let team: string
beforeAll(async () => {
  collector = await startCollector()
  gateway = await startGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20test-collector-token', OTEL_SERVICE_NAME: 'gateway-of-the-tests', OTEL_BSP_SCHEDULE_DELAY: '20' })
  const made = await gateway.team()
  key = made.key
  team = made.team
})
afterAll(async () => {
  await gateway.stop()
  await collector.close()
})

/** The spans of one trace, when so many of them have come. */
async function spansOf (traceId: string, count: number): Promise<CollectedSpan[]> {
  const ofTrace = (): CollectedSpan[] => collector.spans().filter(span => span.traceId === traceId)
  await eventually(() => ofTrace().length >= count, `${count} spans of ${traceId}`)
  return ofTrace()
}

function named (spans: CollectedSpan[], name: string): CollectedSpan { return present(spans.find(span => span.name === name)) }

function create (body: object = { prompt: 'a small cat' }, headers: Record<string, string> = {}) {
  return gateway.call('POST', GENERATION, { key, body, headers })
}

test('a create is a span in the caller\'s trace, and admit, upstream and resolve are its children', async () => {
  const reply = await create({ prompt: 'a cat in the caller\'s trace' }, { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=state' })
  expect(reply.status).toBe(202)
  const spans = await spansOf(TRACE, 4)
  expect(spans.map(({ name }) => name).sort()).toEqual([`POST ${GENERATION}`, 'admit', 'resolve', 'upstream create'])

  const server = named(spans, `POST ${GENERATION}`)
  expect(server).toMatchObject({
    parentSpanId: PARENT,
    kind: 2,
    traceState: 'vendor=state',
    service: 'gateway-of-the-tests',
    attributes: { 'http.request.method': 'POST', 'http.route': GENERATION, 'http.response.status_code': 202, 'mulegate.team': team, 'mulegate.request_id': reply.headers['x-request-id'] }
  })
  expect(reply.headers['traceparent']).toBe(`00-${TRACE}-${server.spanId}-01`)
  expect(named(spans, 'admit')).toMatchObject({ parentSpanId: server.spanId, kind: 1, attributes: { 'mulegate.admission': 'admitted', 'mulegate.team': team } })
  expect(named(spans, 'resolve')).toMatchObject({ parentSpanId: server.spanId, kind: 1, attributes: { 'mulegate.outcome': 'accepted', 'mulegate.state': 'pending', 'mulegate.money': 'held' } })
  const upstream = named(spans, 'upstream create')
  expect(upstream).toMatchObject({ parentSpanId: server.spanId, kind: 3, attributes: { 'http.request.method': 'POST', 'mulegate.outcome': 'accepted' } })
  // The provider is told the span of the call, so that its own spans hang below that.
  expect(gateway.simulator.received.requests.at(-1)?.headers['traceparent']).toBe(`00-${TRACE}-${upstream.spanId}-01`)
})

test('without a trace of the caller\'s a new one begins, and it is recorded', async () => {
  const [, traceId = '', spanId] = (await create()).headers['traceparent']?.split('-') ?? []
  expect(named(await spansOf(traceId, 4), `POST ${GENERATION}`)).toMatchObject({ spanId, parentSpanId: undefined })
})

test('a look is a child of the read that asks for it, and linked to the create of its task', async () => {
  const created = await create()
  const [, createTrace = '', createSpan] = created.headers['traceparent']?.split('-') ?? []
  gateway.clock.advance(3000)
  const read = await gateway.read(key, created.json.task_info.id)
  const [, readTrace = '', readSpan] = read.headers['traceparent']?.split('-') ?? []
  expect(named(await spansOf(readTrace, 2), 'upstream look')).toMatchObject({
    parentSpanId: readSpan,
    kind: 3,
    links: [{ traceId: createTrace, spanId: createSpan }],
    attributes: { 'http.request.method': 'GET', 'mulegate.outcome': 'seen', 'mulegate.task_id': created.json.task_info.id }
  })
})

test('a delete has its look and its delete below it, both linked to the create', async () => {
  const created = await create()
  const [, createTrace = '', createSpan] = created.headers['traceparent']?.split('-') ?? []
  const removed = await gateway.call('DELETE', `${GENERATION}/${created.json.task_info.id}`, { key })
  const [, traceId = '', spanId] = removed.headers['traceparent']?.split('-') ?? []
  const spans = await spansOf(traceId, 3)
  for (const name of ['upstream look', 'upstream delete']) {
    expect(named(spans, name)).toMatchObject({ parentSpanId: spanId, links: [{ traceId: createTrace, spanId: createSpan }] })
  }
})

test.each([
  ['refuses', '[[status=402]]', 402, 'refused', 402],
  ['does not answer', '[[reset]]', 409, 'unknown', undefined]
])('a create that upstream %s is a failed call below its request', async (_what, prompt, status, outcome, upstreamStatus) => {
  const reply = await create({ prompt })
  expect(reply.status, reply.text).toBe(status)
  const spans = await spansOf(reply.headers['traceparent']?.split('-')[1] ?? '', 4)
  const call = named(spans, 'upstream create')
  expect(call).toMatchObject({ status: 2, attributes: { 'mulegate.outcome': outcome, 'error.type': outcome } })
  expect(call.attributes['http.response.status_code']).toBe(upstreamStatus)
  expect(named(spans, 'resolve').attributes['mulegate.outcome']).toBe(outcome)
})

test('a create that is not admitted ends there', async () => {
  const poor = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 0 }] } })
  const reply = await gateway.create(poor.key)
  expect(reply.status).toBe(429)
  const spans = await spansOf(reply.headers['traceparent']?.split('-')[1] ?? '', 2)
  expect(spans.map(({ name }) => name).sort()).toEqual([`POST ${GENERATION}`, 'admit'])
  expect(named(spans, 'admit').attributes['mulegate.admission']).toBe('exhausted')
})

test('a trace that its caller does not record is not recorded, and goes on upstream all the same', async () => {
  const unrecorded = TRACE.replace('0af7', '1bf7')
  const reply = await create({ prompt: 'a cat that nobody records' }, { traceparent: `00-${unrecorded}-${PARENT}-00` })
  expect(reply.headers['traceparent']).toMatch(new RegExp(`^00-${unrecorded}-[0-9a-f]{16}-00$`))
  expect(gateway.simulator.received.requests.at(-1)?.headers['traceparent']).toMatch(new RegExp(`^00-${unrecorded}-[0-9a-f]{16}-00$`))
  const later = await create()
  await spansOf(later.headers['traceparent']?.split('-')[1] ?? '', 4)
  expect(collector.spans().filter(({ traceId }) => traceId === unrecorded)).toEqual([])
})

test('a path that no route has makes a span without its path, however many there are', async () => {
  const reply = await gateway.call('GET', '/no/such/route/4711', { key })
  expect(reply.status).toBe(404)
  const [span] = await spansOf(reply.headers['traceparent']?.split('-')[1] ?? '', 1)
  expect(span?.name).toBe('GET')
  expect(JSON.stringify(span)).not.toContain('4711')
})

test.each(['/livez', '/readyz', '/metrics', '/openapi.json'])('%s makes no span', async path => {
  const { headers } = await gateway.call('GET', path, { key: ADMIN_TOKEN })
  const later = await create()
  await spansOf(later.headers['traceparent']?.split('-')[1] ?? '', 4)
  expect(collector.spans().filter(({ traceId }) => traceId === headers['traceparent']?.split('-')[1])).toEqual([])
})

test('a caller that goes away while it waits leaves a span and a line in the log', async () => {
  const { key } = await gateway.team()
  const { json } = await gateway.create(key)
  const socket = await openSocket(gateway.origin)
  socket.write(`GET ${GENERATION}/${json.task_info.id} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${key}\r\nPrefer: wait=50\r\nX-Request-Id: who-leaves\r\n\r\n`)
  await eventually(() => gateway.watching() === 1, 'it waits')
  socket.destroy()
  await eventually(() => collector.spans().some(({ attributes }) => attributes['mulegate.request_id'] === 'who-leaves' && attributes['error.type'] === 'gone'), 'its span is there')
  expect(gateway.log().filter(({ msg, request_id: id }) => msg === 'request' && id === 'who-leaves')).toMatchObject([{ gone: true, route: `${GENERATION}/:task_id` }])
})

test('no prompt, no key and no token is exported; the collector\'s own token comes with every export', async () => {
  const reply = await create({ prompt: 'a prompt that is nobody\'s business' })
  await spansOf(reply.headers['traceparent']?.split('-')[1] ?? '', 4)
  const exported = collector.upstream.requests.map(({ body }) => body).join()
  expect(exported).not.toContain('nobody\'s business')
  expect(exported).not.toMatch(/mg_live_|canary|test-collector-token/)
  expect(collector.upstream.requests.every(({ headers }) => headers.authorization === 'Bearer test-collector-token')).toBe(true)
})
