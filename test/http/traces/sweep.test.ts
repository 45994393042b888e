// Looks that nobody asks for: each a trace of its own, linked to the create.
import { expect, onTestFinished, test } from 'vitest'
import { startCollector } from '../../support/collector.ts'
import { eventually } from '../../support/eventually.ts'
import { startGateway } from '../../support/gateway.ts'
import { answer } from '../../support/scripted-upstream.ts'

test('a look of the sweep begins a trace, and is linked to the create of its task', async () => {
  const collector = await startCollector()
  onTestFinished(collector.close)
  const gateway = await startGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.origin}/`, SWEEP_LOOKS_PER_SECOND: '1000', OTEL_BSP_SCHEDULE_DELAY: '20' })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team()
  const created = await gateway.create(key)
  const [, traceId, spanId] = created.headers['traceparent']?.split('-') ?? []
  await eventually(() => {
    gateway.clock.advance(10_000)
    return collector.spans().some(({ name }) => name === 'upstream look')
  }, 'a look was exported')
  expect(collector.spans().find(({ name }) => name === 'upstream look')).toMatchObject({ parentSpanId: undefined, links: [{ traceId, spanId }] })
})

test('a collector that is away is announced once, and costs no request anything', async () => {
  const collector = await startCollector()
  await collector.close()
  const gateway = await startGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_BSP_SCHEDULE_DELAY: '20' })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team()
  for (let round = 0; round < 3; round++) {
    expect((await gateway.create(key)).status).toBe(202)
    await eventually(() => gateway.log().some(({ msg }) => msg === 'spans cannot be exported'), 'it was announced')
  }
  expect(gateway.log().filter(({ msg }) => msg === 'spans cannot be exported')).toHaveLength(1)
})

test('what a collector answers is not repeated: it may quote the export, and the token that came with it', async () => {
  const collector = await startCollector()
  onTestFinished(collector.close)
  collector.upstream.script = answer(400, { authorization: 'Bearer test-collector-token' })
  const gateway = await startGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20test-collector-token' })
  onTestFinished(() => gateway.stop())
  await gateway.call('GET', '/v1/usage')
  await eventually(() => gateway.log().some(({ msg }) => msg === 'spans cannot be exported'), 'it was announced')
  const line = gateway.log().find(({ msg }) => msg === 'spans cannot be exported')
  expect(line).toMatchObject({ err: { message: expect.any(String), code: 400 } })
  expect(JSON.stringify(line)).not.toContain('test-collector-token')
})

test('a gateway that stops sends what it has', async () => {
  const collector = await startCollector()
  onTestFinished(collector.close)
  const gateway = await startGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin, OTEL_BSP_SCHEDULE_DELAY: '20' })
  const { key } = await gateway.team()
  const created = await gateway.create(key)
  await gateway.stop({ atOnce: true })
  expect(collector.spans().filter(({ traceId }) => traceId === created.headers['traceparent']?.split('-')[1])).toHaveLength(4)
})
