// The environment, read once at start: one schema, every problem at once.
import type { Prices } from '../catalog/prices.ts'
import type { AdminToken } from '../http/admin-token.ts'
import type { Secret } from '../kernel/secret.ts'
import type { Sentinels } from '../stores/redis/address.ts'
import type { TracingOptions } from '../telemetry/tracing.ts'
import { LOG_LEVELS, schema } from './schema.ts'
import { SECRETS, withSecretFiles, type SecretFiles } from './secret-files.ts'
import { tracingOf } from './tracing.ts'

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

/** What holds from the start on; of the three secrets, what was there at the start. `live-secrets.ts` follows their files. */
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
  /** where secrets were read from that were given as files */
  secretFiles: SecretFiles
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The names of all variables that this version reads. */
export const VARIABLES: readonly string[] = [...Object.keys(schema.shape), ...SECRETS.map(name => `${name}_FILE`)]

/**
 * Reads the configuration.
 * @throws ConfigurationError with one line for each problem: the variable, what is wrong, an example; no line shows a secret
 */
export function readConfig (environment: Environment): Config {
  const { values, files, problems } = withSecretFiles(environment)
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
    tracing: tracingOf(read),
    secretFiles: files
  }
}

/** Whether others on the network may read the upstream token. */
export function isTokenExposed ({ upstreamBaseUrl: { protocol, hostname } }: Config): boolean {
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}
