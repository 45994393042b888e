// The variables: what each may be, what it is by default, and which of them go together.
import { z } from 'zod'
import { builtInPrices } from '../catalog/prices.ts'
import { adminTokens } from '../http/admin-token.ts'
import { Secret } from '../kernel/secret.ts'
import { redisKeyPrefix, redisSentinels, redisUrl } from '../stores/redis/address.ts'
import { SAMPLERS } from '../telemetry/tracing.ts'
import { readRanges, readTrustProxy } from './addresses.ts'
import { oneOf, origin, part, whole, wholeOrNone, yesOrNo } from './fields.ts'
import { readCertificates, readPrices } from './files.ts'
import { headers } from './tracing.ts'
import { upstreamTokens } from './upstream-tokens.ts'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** All variables that may be set, by their names. */
export const schema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65535, 8080),
  OPS_PORT: wholeOrNone(0, 65535, 9090),
  MULEROUTER_API_KEY: upstreamTokens,
  MULEROUTER_BASE_URL: origin('https://api.mulerouter.ai').prefault('https://api.mulerouter.ai'),
  HTTPS_PROXY: z.url({ protocol: /^https?$/, error: 'must be an http or https URL, for example http://proxy.internal:3128' }).transform(text => new Secret(text)).optional(),
  REDIS_URL: redisUrl.optional(),
  REDIS_CLUSTER: yesOrNo(false),
  REDIS_SENTINEL: redisSentinels.optional(),
  REDIS_TLS_CA_FILE: z.string().transform(readCertificates).optional(),
  REDIS_KEY_PREFIX: redisKeyPrefix.default('mg'),
  DATABASE_PATH: z.string().default('data/mulegate.db'),
  DATABASE_SYNC: oneOf(['normal', 'full'], 'normal'),
  ADMIN_TOKEN: adminTokens.default([]),
  LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  LOG_PROMPTS: yesOrNo(false),
  PRICE_FILE: z.string().transform(readPrices).default(builtInPrices),
  CHARGE_FAILED_TASKS: yesOrNo(false),
  UPSTREAM_TIMEOUT_MS: whole(100, 600_000, 30_000),
  UPSTREAM_CONNECTIONS: whole(1, 10_000, 128),
  UPSTREAM_5XX: oneOf(['refused', 'unknown'], 'refused'),
  IDEMPOTENCY_TTL_HOURS: whole(1, 8760, 24),
  TASK_RETENTION_DAYS: whole(1, 3650, 30),
  USAGE_RETENTION_DAYS: whole(1, 3650, 400),
  UNKNOWN_HOLD_HOURS: whole(1, 8760, 24),
  UNKNOWN_HOLD_END: oneOf(['charge', 'release'], 'charge'),
  TASK_DEADLINE_HOURS: whole(1, 8760, 24),
  SWEEP_LOOKS_PER_SECOND: whole(0, 10_000, 50),
  STATUS_MAX_AGE_MS: whole(200, 3_600_000, 3000),
  REQUESTS_PER_MINUTE: whole(1, 1_000_000_000, 6000),
  BODY_LIMIT_BYTES: whole(1024, 100_000_000, 65_536),
  WEBHOOK_ALLOW_HTTP: yesOrNo(false),
  WEBHOOK_ALLOW_CIDRS: z.string().transform(readRanges).default([]),
  TRUST_PROXY: z.string().transform(readTrustProxy).default(false),
  SHUTDOWN_DELAY_MS: whole(0, 600_000, 0),
  SHUTDOWN_GRACE_MS: whole(0, 3_600_000, 40_000),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https URL, for example http://otel-collector:4318' }).transform(text => new URL(text)).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.default({}),
  OTEL_SERVICE_NAME: z.string().default('mulegate'),
  OTEL_TRACES_SAMPLER: oneOf(SAMPLERS, 'parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: part(1),
  OTEL_BSP_SCHEDULE_DELAY: whole(1, 600_000, 1000),
  OTEL_SDK_DISABLED: yesOrNo(false)
}).superRefine((values, context) => {
  if (values.OPS_PORT === undefined || values.OPS_PORT === 0 || values.OPS_PORT !== values.PORT) return
  context.addIssue({ code: 'custom', path: ['OPS_PORT'], message: 'must be another port than PORT, for example OPS_PORT=9090' })
}, { when: ({ issues }) => !issues.some(({ path }) => path?.[0] === 'PORT' || path?.[0] === 'OPS_PORT') }).superRefine((values, context) => {
  if (values.REDIS_CLUSTER && values.REDIS_SENTINEL !== undefined) {
    context.addIssue({ code: 'custom', path: ['REDIS_SENTINEL'], message: 'cannot be combined with REDIS_CLUSTER=true, which fails over by itself; unset one of them, for example with REDIS_SENTINEL=' })
  }
  if (values.REDIS_CLUSTER && values.REDIS_URL !== undefined && /[1-9]/.test(new URL(values.REDIS_URL.reveal()).pathname)) {
    context.addIssue({ code: 'custom', path: ['REDIS_URL'], message: 'must be a URL without a database number beside REDIS_CLUSTER=true, for example redis://redis.internal:6379' })
  }
  if (values.REDIS_URL === undefined && (values.REDIS_CLUSTER || values.REDIS_SENTINEL !== undefined || values.REDIS_TLS_CA_FILE !== undefined)) {
    context.addIssue({ code: 'custom', path: ['REDIS_URL'], message: 'is required beside the other variables of Redis, for example REDIS_URL=redis://redis.internal:6379' })
  }
}, { when: ({ issues }) => !issues.some(({ path }) => String(path?.[0]).startsWith('REDIS_')) }).superRefine((values, context) => {
  const least = values.UPSTREAM_TIMEOUT_MS + values.SHUTDOWN_DELAY_MS + 5000
  if (values.SHUTDOWN_GRACE_MS >= least) return
  const sum = values.SHUTDOWN_DELAY_MS === 0 ? 'UPSTREAM_TIMEOUT_MS + 5000' : 'UPSTREAM_TIMEOUT_MS + SHUTDOWN_DELAY_MS + 5000'
  context.addIssue({ code: 'custom', path: ['SHUTDOWN_GRACE_MS'], message: `must be at least ${sum}, for example ${least}` })
}, {
  // Compared whatever else is wrong, as all problems are reported at once, but only if all of them are numbers that hold.
  when: ({ issues }) => !issues.some(({ path }) => String(path?.[0]).startsWith('SHUTDOWN_') || path?.[0] === 'UPSTREAM_TIMEOUT_MS')
}).superRefine(({ IDEMPOTENCY_TTL_HOURS: hours, TASK_RETENTION_DAYS: days }, context) => {
  // A key stands for its task: when that is gone the same create would buy again.
  if (hours > 24 * days) context.addIssue({ code: 'custom', path: ['IDEMPOTENCY_TTL_HOURS'], message: `must be at most 24 * TASK_RETENTION_DAYS, for example ${24 * days}` })
}, { when: ({ issues }) => !issues.some(({ path }) => path?.[0] === 'IDEMPOTENCY_TTL_HOURS' || path?.[0] === 'TASK_RETENTION_DAYS') })
