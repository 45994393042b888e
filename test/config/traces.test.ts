// The variables of traces are OpenTelemetry's own: nothing is traced without an endpoint, whatever else is set.
import { expect, test } from 'vitest'
import type { Environment } from '../../src/config/config.ts'
import { problemsOf, read } from './read-config.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel-collector:4318' }

function tracing (more: Environment = {}) {
  const { headers, ...rest } = read({ ...ENDPOINT, ...more }).tracing ?? { headers: {} }
  return { ...rest, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()])) }
}

test('with an endpoint everything is traced that its caller does not leave out', () => {
  expect(tracing()).toEqual({ endpoint: new URL('http://otel-collector:4318'), headers: {}, serviceName: 'mulegate', sampler: 'parentbased_always_on', sampledPart: 1, exportEveryMs: 1000 })
})

test.each([
  ['there is no endpoint', { OTEL_SERVICE_NAME: 'video', OTEL_TRACES_SAMPLER: 'always_on' }],
  ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
  ['it is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }]
])('nothing is traced when %s', (_when, environment) => {
  expect(read(environment).tracing).toBeUndefined()
})

test.each(['https://collector.internal', 'http://collector.internal:4318/', 'https://collector.internal/otlp/tenant'])('the endpoint may be %s', endpoint => {
  expect(tracing({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toMatchObject({ endpoint: new URL(endpoint) })
})

test('headers are percent-decoded, and may stand with spaces between them', () => {
  expect(tracing({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20test-token, x-tenant = video,x-empty=' }).headers).toEqual({ authorization: 'Bearer test-token', 'x-tenant': 'video', 'x-empty': '' })
})

test('a header never shows its value', () => {
  const { tracing: options } = read({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=a-test-token' })
  expect(JSON.stringify(options)).not.toContain('a-test-token')
})

test.each(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'])('the sampler may be %s', sampler => {
  expect(tracing({ OTEL_TRACES_SAMPLER: sampler })).toMatchObject({ sampler })
})

test.each([['0', 0], ['1', 1], ['0.25', 0.25], ['.5', 0.5], ['1.0', 1]])('of traces the part %s may be recorded', (text, sampledPart) => {
  expect(tracing({ OTEL_TRACES_SAMPLER_ARG: text })).toMatchObject({ sampledPart })
})

test.each([['1', 1], ['600000', 600_000]])('spans may be gathered for %s ms', (text, exportEveryMs) => {
  expect(tracing({ OTEL_BSP_SCHEDULE_DELAY: text })).toMatchObject({ exportEveryMs })
})

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'otel-collector:4318'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://otel-collector:4317'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization'],
  ['OTEL_EXPORTER_OTLP_HEADERS', '=value'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer a-test-token'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=%zz'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'a=b,,c=d'],
  ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
  ['OTEL_TRACES_SAMPLER_ARG', '-0.1'],
  ['OTEL_TRACES_SAMPLER_ARG', 'half'],
  ['OTEL_BSP_SCHEDULE_DELAY', '600001'],
  ['OTEL_SDK_DISABLED', 'yes']
])('%s=%s is refused by one line that names the variable and gives an example', (variable, text) => {
  const problems = problemsOf({ ...ENDPOINT, [variable]: text })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(new RegExp(`^${variable} must be .+, for example .+$`))
})
