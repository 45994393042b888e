// The environment, read once at start: one schema, every problem at once.
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import { builtInPrices, pricesSchema, type Prices } from './catalog/prices.ts'
import { adminTokens, type AdminToken } from './http/admin-token.ts'
import { Secret } from './kernel/secret.ts'
import { SAMPLERS, type TracingOptions } from './telemetry/tracing.ts'
import { redisKeyPrefix, redisSentinels, redisUrl, type Sentinels } from './stores/redis/address.ts'

/** The variables of this process, as text. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What stops the start: one line for each problem. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[]

  constructor (problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

export type Config = {
  host: string
  port: number
  /** where the admin API is served, if not beside everything else */
  opsPort: number | undefined
  upstreamTokens: Secret[]
  upstreamBaseUrl: URL
  /** a secret, because it may carry a password */
  proxyUrl: Secret | undefined
  /** absent: the embedded ledger */
  redisUrl: Secret | undefined
  redisCluster: boolean
  redisSentinels: Sentinels | undefined
  /** certificate authorities, PEM */
  redisTlsCa: string | undefined
  redisKeyPrefix: string
  databasePath: string
  databaseSync: 'normal' | 'full'
  adminTokens: AdminToken[]
  logLevel: typeof LOG_LEVELS[number]
  logPrompts: boolean
  prices: Prices
  chargeFailedTasks: boolean
  upstreamTimeoutMs: number
  upstreamConnections: number
  upstream5xx: 'refused' | 'unknown'
  idempotencyTtlMs: number
  /** how long a task is kept after it settled */
  taskRetentionMs: number
  usageRetentionMs: number
  unknownHoldMs: number
  unknownHoldEnd: 'spent' | 'refunded'
  taskDeadlineMs: number
  /** looks that nobody asked for, of this instance; none leaves them to the others */
  sweepLooksPerSecond: number
  statusMaxAgeMs: number
  requestsPerMinute: number
  bodyLimitBytes: number
  /** whether receivers of webhooks may be without TLS */
  webhookAllowHttp: boolean
  /** private addresses and ranges that receivers may live in */
  webhookAllowCidrs: string[]
  trustProxy: boolean | number | string[]
  /** how long work goes on as ever after SIGTERM, while balancers are told to look elsewhere; part of the grace time */
  shutdownDelayMs: number
  shutdownGraceMs: number
  /** absent: nobody collects traces */
  tracing: TracingOptions | undefined
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

function wholeOrNone (min: number, max: number, example: number) {
  const error = `must be a whole number from ${min} to ${max}, for example ${example}`
  return z.string().regex(/^\d{1,12}$/, { error }).transform(Number)
    .pipe(z.int({ error }).min(min, { error }).max(max, { error })).optional()
}

function whole (min: number, max: number, byDefault: number) { return wholeOrNone(min, max, byDefault).default(byDefault) }

function part (byDefault: number) {
  const error = 'must be a number from 0 to 1, for example 0.1'
  return z.string().regex(/^\d*\.?\d+$/, { error }).transform(Number).pipe(z.number({ error }).min(0, { error }).max(1, { error })).default(byDefault)
}

function yesOrNo (byDefault: boolean) {
  return z.enum(['true', 'false'], { error: `must be true or false, for example ${byDefault}` }).transform(text => text === 'true').default(byDefault)
}

function oneOf<const Words extends readonly [string, ...string[]]> (words: Words, byDefault: NoInfer<Words[number]>) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}, for example ${byDefault}` }).default(byDefault)
}

function origin (example: string) {
  const error = `must be an http or https URL without a path, for example ${example}`
  return z.url({ protocol: /^https?$/, error }).transform(text => new URL(text))
    .refine(url => url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '', { error })
}

const token = /^[\x21-\x7e]{1,512}$/
const tokensExample = 'for example MULEROUTER_API_KEY=your-mulerouter-key (to try the gateway without one: npm run demo)'
const upstreamTokens = z.string({ error: `is required: set it to your MuleRouter key, ${tokensExample}` })
  .transform(text => text.split(/[\n,]/).map(line => line.trim()).filter(line => line !== ''))
  .refine(lines => lines.length > 0 && lines.every(line => token.test(line)), { error: `must be a bearer token, or several, one a line or comma-separated, ${tokensExample}` })
  .transform(lines => lines.map(line => new Secret(line)))

const schema = z.object({
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
  OTEL_EXPORTER_OTLP_HEADERS: z.string().transform(readHeaders).default({}),
  OTEL_SERVICE_NAME: z.string().default('mulegate'),
  OTEL_TRACES_SAMPLER: oneOf(SAMPLERS, 'parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: part(1),
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
})

/** Variables that may also be given as a file, by the name of the variable and `_FILE`. */
const SECRETS = ['MULEROUTER_API_KEY', 'REDIS_URL', 'ADMIN_TOKEN'] as const

/** The names of all variables that this version reads. */
export const VARIABLES: readonly string[] = [...Object.keys(schema.shape), ...SECRETS.map(name => `${name}_FILE`)]

/**
 * Reads the configuration.
 * @throws ConfigurationError with one line for each problem: the variable, what is wrong, an example; no line shows a secret
 */
export function readConfig (environment: Environment): Config {
  const { values, problems } = withSecretFiles(environment)
  const parsed = schema.safeParse(values)
  // What a file should have brought is not missing as well.
  const broken = new Set(problems.map(({ name }) => name.replace(/_FILE$/, '')))
  const found = (parsed.error?.issues ?? []).map(issue => ({ name: String(issue.path[0]), problem: issue.message }))
  const lines = [...problems, ...found.filter(({ name }) => !broken.has(name))].map(({ name, problem }) => `${name} ${problem}`)
  if (!parsed.success || lines.length > 0) throw new ConfigurationError(lines)
  const read = parsed.data
  return {
    host: read.HOST,
    port: read.PORT,
    opsPort: read.OPS_PORT,
    upstreamTokens: read.MULEROUTER_API_KEY,
    upstreamBaseUrl: read.MULEROUTER_BASE_URL,
    proxyUrl: read.HTTPS_PROXY,
    redisUrl: read.REDIS_URL,
    redisCluster: read.REDIS_CLUSTER,
    redisSentinels: read.REDIS_SENTINEL,
    redisTlsCa: read.REDIS_TLS_CA_FILE,
    redisKeyPrefix: read.REDIS_KEY_PREFIX,
    databasePath: read.DATABASE_PATH,
    databaseSync: read.DATABASE_SYNC,
    adminTokens: read.ADMIN_TOKEN,
    logLevel: read.LOG_LEVEL,
    logPrompts: read.LOG_PROMPTS,
    prices: read.PRICE_FILE,
    chargeFailedTasks: read.CHARGE_FAILED_TASKS,
    upstreamTimeoutMs: read.UPSTREAM_TIMEOUT_MS,
    upstreamConnections: read.UPSTREAM_CONNECTIONS,
    upstream5xx: read.UPSTREAM_5XX,
    idempotencyTtlMs: read.IDEMPOTENCY_TTL_HOURS * HOUR_MS,
    taskRetentionMs: read.TASK_RETENTION_DAYS * DAY_MS,
    usageRetentionMs: read.USAGE_RETENTION_DAYS * DAY_MS,
    unknownHoldMs: read.UNKNOWN_HOLD_HOURS * HOUR_MS,
    unknownHoldEnd: read.UNKNOWN_HOLD_END === 'charge' ? 'spent' : 'refunded',
    taskDeadlineMs: read.TASK_DEADLINE_HOURS * HOUR_MS,
    sweepLooksPerSecond: read.SWEEP_LOOKS_PER_SECOND,
    statusMaxAgeMs: read.STATUS_MAX_AGE_MS,
    requestsPerMinute: read.REQUESTS_PER_MINUTE,
    bodyLimitBytes: read.BODY_LIMIT_BYTES,
    webhookAllowHttp: read.WEBHOOK_ALLOW_HTTP,
    webhookAllowCidrs: read.WEBHOOK_ALLOW_CIDRS,
    trustProxy: read.TRUST_PROXY,
    shutdownDelayMs: read.SHUTDOWN_DELAY_MS,
    shutdownGraceMs: read.SHUTDOWN_GRACE_MS,
    tracing: tracingOf(read)
  }
}

/** Whether others on the network may read the upstream token. */
export function isTokenExposed ({ upstreamBaseUrl: { protocol, hostname } }: Config): boolean {
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

type Problem = { name: string, problem: string }

/** Puts the content of `…_FILE` in the place of the variable, and drops what is empty: `REDIS_URL=` means unset. */
function withSecretFiles (environment: Environment): { values: Record<string, string>, problems: Problem[] } {
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && value.trim() !== '') values[name] = value.trim()
  }
  const problems: Problem[] = []
  for (const name of SECRETS) {
    const path = values[`${name}_FILE`]
    if (path === undefined) continue
    try {
      values[name] = readFileSync(path, 'utf8').trim()
    } catch (error) {
      problems.push({ name: `${name}_FILE`, problem: `names a file that cannot be read (${reason(error)}), for example ${name}_FILE=/run/secrets/${name.toLowerCase()}` })
    }
  }
  return { values, problems }
}

function tracingOf (read: z.output<typeof schema>): TracingOptions | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = read
  if (endpoint === undefined || read.OTEL_SDK_DISABLED) return undefined
  return {
    endpoint, headers: read.OTEL_EXPORTER_OTLP_HEADERS, serviceName: read.OTEL_SERVICE_NAME, sampler: read.OTEL_TRACES_SAMPLER, sampledPart: read.OTEL_TRACES_SAMPLER_ARG
  }
}

/** As OpenTelemetry's specification has it: `name=value,name=value`, the values percent-encoded. */
function readHeaders (text: string, context: z.RefinementCtx): Record<string, Secret> {
  const lines = text.split(',').map(line => /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*([\x21-\x7e]*)\s*$/.exec(line))
  try {
    if (lines.every(line => line !== null)) return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, new Secret(decodeURIComponent(value))]))
  } catch { /* a percent sign that encodes nothing */ }
  context.addIssue({ code: 'custom', message: 'must be headers as name=value, comma-separated, values percent-encoded, for example authorization=Bearer%20collector-token' })
  return z.NEVER
}

function readPrices (path: string, context: z.RefinementCtx): Prices {
  const example = 'an example of its content is {"alibaba/wan2.2-t2v-plus":{"480P":"0.10","1080P":"0.50"}}'
  try {
    const parsed = pricesSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (parsed.success) return parsed.data
    const findings = parsed.error.issues.map(({ path: place, message }) => `${place.join('.')} ${message}`.trim())
    context.addIssue({ code: 'custom', message: `names a file that is no price list (${findings.join('; ')}); ${example}` })
  } catch (error) {
    // What the parser says quotes the file, which may be a secret's by mistake.
    const problem = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${reason(error)})`
    context.addIssue({ code: 'custom', message: `names a file that ${problem}; ${example}` })
  }
  return z.NEVER
}

function readCertificates (path: string, context: z.RefinementCtx): string {
  const example = 'for example REDIS_TLS_CA_FILE=/etc/ssl/redis-ca.pem'
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    context.addIssue({ code: 'custom', message: `names a file that holds no certificate in PEM form, ${example}` })
  } catch (error) {
    context.addIssue({ code: 'custom', message: `names a file that cannot be read (${reason(error)}), ${example}` })
  }
  return z.NEVER
}

function readRanges (text: string, context: z.RefinementCtx): string[] {
  const parts = text.split(',').map(part => part.trim())
  if (parts.every(isRange)) return parts
  context.addIssue({ code: 'custom', message: 'must be addresses and ranges, for example 127.0.0.0/8,10.0.0.0/8' })
  return z.NEVER
}

/** As Fastify's option: true, false, a number of hops, or addresses and ranges. */
function readTrustProxy (text: string, context: z.RefinementCtx): Config['trustProxy'] {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^\d{1,3}$/.test(text)) return Number(text)
  const parts = text.split(',').map(part => part.trim())
  if (!parts.every(isAddressRange)) {
    context.addIssue({ code: 'custom', message: 'must be true, false, a number of hops, or addresses and ranges, for example 127.0.0.1,10.0.0.0/8' })
  }
  return parts
}

function isAddressRange (text: string): boolean {
  return ['loopback', 'linklocal', 'uniquelocal'].includes(text) || isRange(text)
}

function isRange (text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const bitsMax = isIP(address) === 4 ? 32 : 128
  return isIP(address) !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= bitsMax))
}

function reason (error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? error.message : String(error)
}
