// How a wrong configuration is reported: everything at once, one line a problem.
import { expect, test } from 'vitest'
import { ConfigurationError, readConfig, VARIABLES } from '../../src/config/config.ts'
import { problemsOf, problemsOfAll, read } from './read-config.ts'

test('without any variable the one problem is the missing token, and the line names the demo', () => {
  expect(problemsOfAll({})).toEqual([expect.stringMatching(/^MULEROUTER_API_KEY is required.+for example MULEROUTER_API_KEY=.+npm run demo/)])
})

test('variables that are not the gateway\'s are ignored', () => {
  expect(read({ MULEGATE_PORT: 'x', npm_config_port: 'x', SHLVL: '1' })).toEqual(read())
})

const wrong = {
  PORT: '-1',
  OPS_PORT: '-1',
  MULEROUTER_BASE_URL: 'nowhere',
  HTTPS_PROXY: 'nowhere',
  REDIS_URL: 'redis.internal:6379',
  REDIS_CLUSTER: 'maybe',
  REDIS_SENTINEL: 'sentinel:26379',
  REDIS_TLS_CA_FILE: '/nonexistent/ca.pem',
  REDIS_KEY_PREFIX: 'm g',
  DATABASE_SYNC: 'sometimes',
  ADMIN_TOKEN: 'short',
  LOG_LEVEL: 'loud',
  LOG_PROMPTS: 'maybe',
  PRICE_FILE: '/nonexistent/prices.json',
  CHARGE_FAILED_TASKS: 'maybe',
  UPSTREAM_TIMEOUT_MS: '0',
  UPSTREAM_CONNECTIONS: '0',
  UPSTREAM_5XX: 'maybe',
  IDEMPOTENCY_TTL_HOURS: '0',
  TASK_RETENTION_DAYS: '0',
  USAGE_RETENTION_DAYS: 'for ever',
  UNKNOWN_HOLD_HOURS: 'a day',
  TASK_DEADLINE_HOURS: '0',
  SWEEP_LOOKS_PER_SECOND: 'all',
  UNKNOWN_HOLD_END: 'forget',
  STATUS_MAX_AGE_MS: '0',
  REQUESTS_PER_MINUTE: '0',
  BODY_LIMIT_BYTES: '0',
  WEBHOOK_ALLOW_HTTP: 'maybe',
  WEBHOOK_ALLOW_CIDRS: 'everywhere',
  TRUST_PROXY: 'maybe',
  SHUTDOWN_DELAY_MS: '-1',
  SHUTDOWN_GRACE_MS: 'soon',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere',
  OTEL_EXPORTER_OTLP_HEADERS: 'none',
  OTEL_TRACES_SAMPLER: 'some',
  OTEL_TRACES_SAMPLER_ARG: 'half',
  OTEL_BSP_SCHEDULE_DELAY: '0',
  OTEL_SDK_DISABLED: 'maybe'
}

test('all problems are reported at once: one line for each wrong variable, each with its name, and an example', () => {
  const problems = problemsOfAll(wrong)

  const named = problems.map(line => line.slice(0, line.indexOf(' ')))
  expect(named.sort()).toEqual([...Object.keys(wrong), 'MULEROUTER_API_KEY'].sort())
  for (const line of problems) {
    expect(line).toContain('example')
    expect(line).not.toContain('\n')
  }
})

test('every variable can be wrong but those that any text is good for', () => {
  const secretFiles = ['MULEROUTER_API_KEY_FILE', 'REDIS_URL_FILE', 'ADMIN_TOKEN_FILE']
  expect([...Object.keys(wrong), 'HOST', 'DATABASE_PATH', 'OTEL_SERVICE_NAME', 'MULEROUTER_API_KEY', ...secretFiles].sort()).toEqual([...VARIABLES].sort())
})

test('the message of the error is its lines', () => {
  expect(() => readConfig({ PORT: 'x' })).toThrow(ConfigurationError)
  expect(() => readConfig({ PORT: 'x' })).toThrow(/^PORT .+\nMULEROUTER_API_KEY .+$/)
})

test('the grace time may be exactly the deadline of upstream and five seconds', () => {
  expect(read({ UPSTREAM_TIMEOUT_MS: '600000', SHUTDOWN_GRACE_MS: '605000' })).toMatchObject({ upstreamTimeoutMs: 600_000, shutdownGraceMs: 605_000 })
  expect(read({ SHUTDOWN_DELAY_MS: '600000', SHUTDOWN_GRACE_MS: '635000' })).toMatchObject({ shutdownDelayMs: 600_000, shutdownGraceMs: 635_000 })
  expect(read({ UPSTREAM_TIMEOUT_MS: '100', SHUTDOWN_GRACE_MS: '5100' })).toMatchObject({ upstreamTimeoutMs: 100, shutdownGraceMs: 5100 })
})

test('a shorter grace time is refused, and the example is the shortest that is long enough', () => {
  expect(problemsOf({ UPSTREAM_TIMEOUT_MS: '20000', SHUTDOWN_GRACE_MS: '24999' }))
    .toEqual(['SHUTDOWN_GRACE_MS must be at least UPSTREAM_TIMEOUT_MS + 5000, for example 25000'])
  expect(problemsOf({ SHUTDOWN_DELAY_MS: '5001' })).toEqual(['SHUTDOWN_GRACE_MS must be at least UPSTREAM_TIMEOUT_MS + SHUTDOWN_DELAY_MS + 5000, for example 40001'])
  expect(problemsOf({ SHUTDOWN_GRACE_MS: '0' })).toEqual(['SHUTDOWN_GRACE_MS must be at least UPSTREAM_TIMEOUT_MS + 5000, for example 35000'])
})

test('a deadline that is too long for the default grace time is refused', () => {
  expect(problemsOf({ UPSTREAM_TIMEOUT_MS: '35001' })).toEqual(['SHUTDOWN_GRACE_MS must be at least UPSTREAM_TIMEOUT_MS + 5000, for example 40001'])
})

test('a grace time that is too short is reported beside the problems of other variables', () => {
  expect(problemsOfAll({ SHUTDOWN_GRACE_MS: '1000', PORT: 'x' }).map(line => line.split(' ')[0]).sort())
    .toEqual(['MULEROUTER_API_KEY', 'PORT', 'SHUTDOWN_GRACE_MS'])
})

test('a deadline that is itself wrong is one problem, not also one of the grace time', () => {
  expect(problemsOf({ UPSTREAM_TIMEOUT_MS: '99999999' })).toEqual([expect.stringMatching(/^UPSTREAM_TIMEOUT_MS /)])
})

test('an Idempotency-Key may stand for as long as tasks are kept, and no longer: behind its task it would buy again', () => {
  expect(read({ IDEMPOTENCY_TTL_HOURS: '48', TASK_RETENTION_DAYS: '2' })).toMatchObject({ idempotencyTtlMs: 48 * 3_600_000, taskRetentionMs: 48 * 3_600_000 })
  expect(problemsOf({ IDEMPOTENCY_TTL_HOURS: '49', TASK_RETENTION_DAYS: '2' })).toEqual(['IDEMPOTENCY_TTL_HOURS must be at most 24 * TASK_RETENTION_DAYS, for example 48'])
  expect(problemsOf({ IDEMPOTENCY_TTL_HOURS: '721' })).toEqual(['IDEMPOTENCY_TTL_HOURS must be at most 24 * TASK_RETENTION_DAYS, for example 720'])
  expect(problemsOf({ IDEMPOTENCY_TTL_HOURS: '721', TASK_RETENTION_DAYS: '0' })).toEqual([expect.stringMatching(/^TASK_RETENTION_DAYS /)])
})
