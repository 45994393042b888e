// The table of variables: what each is by default, what it accepts, and how it refuses the rest.
import { expect, test } from 'vitest'
import { VARIABLES, type Config, type Environment } from '../../src/config/config.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { problemsOf, read } from './read-config.ts'

type Row = {
  field: keyof Config
  byDefault: unknown
  /** what it needs beside it */
  beside?: Environment
  accepted: Record<string, unknown>
  refused: string[]
}

const notWhole = ['-1', '1.5', '1e3', '0x10', '+7', 'many', '9999999999999999']
const notYesOrNo = ['yes', '1', 'TRUE', 'on']

function whole (field: keyof Config, byDefault: number, { min, max }: { min: number, max: number }): Row {
  return {
    field,
    byDefault,
    accepted: { [min]: min, [max]: max, [` ${max} `]: max, [`00${max}`]: max },
    refused: [...notWhole, ...min > 0 ? [String(min - 1)] : [], String(max + 1)]
  }
}

/** A number of hours, read into milliseconds. */
function hours (field: keyof Config): Row {
  const hourMs = 3_600_000
  return { field, byDefault: 24 * hourMs, accepted: { 1: hourMs, 8760: 8760 * hourMs }, refused: [...notWhole, '0', '8761'] }
}

/** A number of days, read into milliseconds. */
function days (field: keyof Config, byDefault: number): Row {
  const dayMs = 86_400_000
  return { field, byDefault: byDefault * dayMs, accepted: { 1: dayMs, 3650: 3650 * dayMs }, refused: [...notWhole, '0', '3651'] }
}

function yesOrNo (field: keyof Config): Row {
  return { field, byDefault: false, accepted: { true: true, false: false }, refused: notYesOrNo }
}

const rows: Record<string, Row> = {
  HOST: { field: 'host', byDefault: '127.0.0.1', accepted: { '0.0.0.0': '0.0.0.0', '::1': '::1', 'gateway.internal': 'gateway.internal' }, refused: [] },
  PORT: whole('port', 8080, { min: 0, max: 65535 }),
  // More of it needs a longer grace time: see problems.test.ts.
  SHUTDOWN_DELAY_MS: { ...whole('shutdownDelayMs', 0, { min: 0, max: 600_000 }), accepted: { 0: 0, 5000: 5000 } },
  OPS_PORT: { ...whole('opsPort', 9090, { min: 0, max: 65535 }), byDefault: undefined },
  MULEROUTER_BASE_URL: {
    field: 'upstreamBaseUrl',
    byDefault: new URL('https://api.mulerouter.ai'),
    accepted: {
      'https://mulerouter.internal': new URL('https://mulerouter.internal'),
      'https://mulerouter.internal/': new URL('https://mulerouter.internal'),
      'http://127.0.0.1:8090/': new URL('http://127.0.0.1:8090'),
      'http://[::1]:8090': new URL('http://[::1]:8090')
    },
    refused: [
      'api.mulerouter.ai', 'localhost:8090', 'ftp://api.mulerouter.ai', 'https://', 'https://api.mulerouter.ai/v1', 'https://api.mulerouter.ai//',
      'https://api.mulerouter.ai/?v=1', 'https://api.mulerouter.ai/#v1', 'https://user@api.mulerouter.ai', 'https://user:pass@api.mulerouter.ai', 'https://:pass@api.mulerouter.ai'
    ]
  },
  HTTPS_PROXY: {
    field: 'proxyUrl',
    byDefault: undefined,
    accepted: { 'http://proxy.internal:3128': 'http://proxy.internal:3128', 'https://user:test-password@proxy.internal': 'https://user:test-password@proxy.internal' },
    refused: ['proxy.internal:3128', 'socks5://proxy.internal:1080', 'proxy']
  },
  REDIS_URL: {
    field: 'redisUrl',
    byDefault: undefined,
    accepted: Object.fromEntries([
      'redis://127.0.0.1', 'redis://127.0.0.1:6379/', 'redis://[::1]:6379', 'redis://redis.internal:6380/2', 'rediss://redis.internal',
      'redis://:a-password@redis.internal:6379/0', 'rediss://user:p%40ss%2Fword@redis.internal:6380/15'
    ].map(url => [url, url])),
    refused: [
      'redis.internal:6379', 'redis.internal', 'http://redis.internal:6379', 'redis+tls://redis.internal', 'unix:///run/redis.sock', 'redis:redis.internal', 'redis://',
      'redis:///0', 'redis://redis.internal:port', 'redis://redis.internal:65536', 'redis://redis internal', 'redis://one:6379,redis://other:6379',
      'redis://redis.internal/mulegate', 'redis://redis.internal/-1', 'redis://redis.internal/10000', 'redis://redis.internal/0/0',
      'redis://redis.internal/?db=1', 'redis://redis.internal/#1', 'redis://:pass#word@redis.internal', 'redis://:pass/word@redis.internal'
    ]
  },
  REDIS_CLUSTER: { ...yesOrNo('redisCluster'), beside: { REDIS_URL: 'redis://127.0.0.1' } },
  REDIS_SENTINEL: {
    field: 'redisSentinels',
    byDefault: undefined,
    beside: { REDIS_URL: 'redis://127.0.0.1' },
    accepted: {
      'mymaster@127.0.0.1:26379': { name: 'mymaster', sentinels: [{ host: '127.0.0.1', port: 26_379 }] },
      'my.master_1@sentinel-1:1, sentinel-2:65535': { name: 'my.master_1', sentinels: [{ host: 'sentinel-1', port: 1 }, { host: 'sentinel-2', port: 65_535 }] },
      'mymaster@[::1]:26379': { name: 'mymaster', sentinels: [{ host: '::1', port: 26_379 }] }
    },
    refused: [
      'mymaster', 'mymaster@', '@sentinel:26379', 'sentinel:26379', 'mymaster@sentinel', 'mymaster@sentinel:port', 'mymaster@sentinel:0', 'mymaster@sentinel:65536',
      'mymaster@sentinel:26379,', 'mymaster@sentinel-1:26379;sentinel-2:26379', 'mymaster@redis://sentinel:26379', 'mymaster@::1:26379', 'my master@sentinel:26379', 'mymaster@user@sentinel:26379',
      'mymaster@sentinel-1:26379@sentinel-2:26379'
    ]
  },
  REDIS_KEY_PREFIX: {
    field: 'redisKeyPrefix',
    byDefault: 'mg',
    accepted: { m: 'm', 'Mule-gate_2.prod': 'Mule-gate_2.prod', ['p'.repeat(40)]: 'p'.repeat(40) },
    // Braces would change which keys lie together in a cluster.
    refused: ['two words', 'mg:', '{mg}', 'mg*', 'mülegate', 'p'.repeat(41)]
  },
  DATABASE_PATH: { field: 'databasePath', byDefault: 'data/mulegate.db', accepted: { '/var/lib/mulegate/ledger.db': '/var/lib/mulegate/ledger.db' }, refused: [] },
  DATABASE_SYNC: { field: 'databaseSync', byDefault: 'normal', accepted: { normal: 'normal', full: 'full' }, refused: ['off', 'FULL'] },
  LOG_LEVEL: {
    field: 'logLevel',
    byDefault: 'info',
    accepted: { trace: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error', fatal: 'fatal', silent: 'silent' },
    refused: ['verbose', 'INFO', '30']
  },
  LOG_PROMPTS: yesOrNo('logPrompts'),
  CHARGE_FAILED_TASKS: yesOrNo('chargeFailedTasks'),
  // Its upper end needs a longer grace time: see problems.test.ts.
  UPSTREAM_TIMEOUT_MS: { ...whole('upstreamTimeoutMs', 30_000, { min: 100, max: 600_000 }), accepted: { 100: 100, 35000: 35_000 } },
  UPSTREAM_CONNECTIONS: whole('upstreamConnections', 128, { min: 1, max: 10_000 }),
  UPSTREAM_5XX: { field: 'upstream5xx', byDefault: 'refused', accepted: { refused: 'refused', unknown: 'unknown' }, refused: ['charged', 'Refused'] },
  // No longer than tasks are kept: see problems.test.ts.
  IDEMPOTENCY_TTL_HOURS: { ...hours('idempotencyTtlMs'), beside: { TASK_RETENTION_DAYS: '365' } },
  TASK_RETENTION_DAYS: days('taskRetentionMs', 30),
  USAGE_RETENTION_DAYS: days('usageRetentionMs', 400),
  UNKNOWN_HOLD_HOURS: hours('unknownHoldMs'),
  TASK_DEADLINE_HOURS: hours('taskDeadlineMs'),
  SWEEP_LOOKS_PER_SECOND: whole('sweepLooksPerSecond', 50, { min: 0, max: 10_000 }),
  UNKNOWN_HOLD_END: { field: 'unknownHoldEnd', byDefault: 'spent', accepted: { charge: 'spent', release: 'refunded' }, refused: ['spent', 'keep'] },
  STATUS_MAX_AGE_MS: whole('statusMaxAgeMs', 3000, { min: 200, max: 3_600_000 }),
  REQUESTS_PER_MINUTE: whole('requestsPerMinute', 6000, { min: 1, max: 1_000_000_000 }),
  BODY_LIMIT_BYTES: whole('bodyLimitBytes', 65_536, { min: 1024, max: 100_000_000 }),
  WEBHOOK_ALLOW_HTTP: yesOrNo('webhookAllowHttp'),
  WEBHOOK_ALLOW_CIDRS: {
    field: 'webhookAllowCidrs',
    byDefault: [],
    accepted: { '127.0.0.0/8,10.0.0.0/8': ['127.0.0.0/8', '10.0.0.0/8'], '169.254.169.254': ['169.254.169.254'], '::1, fd00::/8': ['::1', 'fd00::/8'] },
    refused: ['true', 'loopback', 'receiver.internal', '10.0.0', '10.0.0.0/33', '0.0.0.0/0', '10.0.0.0/', 'fd00::/129', '127.0.0.1,', '127.0.0.1 10.0.0.1']
  },
  TRUST_PROXY: {
    field: 'trustProxy',
    byDefault: false,
    accepted: {
      true: true,
      false: false,
      0: 0,
      2: 2,
      '10.0.0.1': ['10.0.0.1'],
      '127.0.0.1,10.0.0.0/8': ['127.0.0.1', '10.0.0.0/8'],
      '::1, fd00::/8': ['::1', 'fd00::/8'],
      'loopback, linklocal, uniquelocal': ['loopback', 'linklocal', 'uniquelocal']
    },
    refused: ['yes', 'TRUE', '-1', 'proxy.internal', '10.0.0', '10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', '127.0.0.1,', '127.0.0.1 10.0.0.1']
  },
  // Its lower end needs a shorter deadline: see problems.test.ts.
  SHUTDOWN_GRACE_MS: { ...whole('shutdownGraceMs', 40_000, { min: 0, max: 3_600_000 }), accepted: { 35000: 35_000, 3600000: 3_600_000 } }
}

/** These have rules of their own, tested in secrets.test.ts, price-file.test.ts, redis.test.ts and traces.test.ts. */
const elsewhere = [
  'MULEROUTER_API_KEY', 'MULEROUTER_API_KEY_FILE', 'REDIS_URL_FILE', 'REDIS_TLS_CA_FILE', 'ADMIN_TOKEN', 'ADMIN_TOKEN_FILE', 'PRICE_FILE',
  'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_SERVICE_NAME', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG', 'OTEL_BSP_SCHEDULE_DELAY', 'OTEL_SDK_DISABLED'
]

test('every variable that is read is tested here or in a file beside this one', () => {
  expect([...Object.keys(rows), ...elsewhere].sort()).toEqual([...VARIABLES].sort())
})

for (const [variable, { field, byDefault, beside, accepted, refused }] of Object.entries(rows)) {
  test(`without ${variable}, ${field} is ${String(byDefault)}`, () => {
    expect(read()[field]).toEqual(byDefault)
  })

  for (const empty of ['', '   ']) {
    test(`${variable}='${empty}' counts as unset`, () => {
      expect(read({ [variable]: empty })[field]).toEqual(byDefault)
    })
  }

  for (const [text, value] of Object.entries(accepted)) {
    test(`${variable}='${text}' is accepted and read as ${JSON.stringify(value)}`, () => {
      const accepted = read({ ...beside, [variable]: text })[field]
      expect(accepted instanceof Secret ? accepted.reveal() : accepted).toEqual(value)
    })
  }

  for (const text of refused) {
    test(`${variable}='${text}' is refused by one line that names the variable and gives an example`, () => {
      const problems = problemsOf({ ...beside, [variable]: text })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(new RegExp(`^${variable} must be .+, for example .+$`))
    })
  }
}
