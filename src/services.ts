// Where both sides meet: the technologies that play the roles of the stories, opened together and closed in reverse.
import { catalog } from './catalog/catalog.ts'
import type { Config } from './config/config.ts'
import type { LiveSecrets } from './config/live-secrets.ts'
import type { AdministrationDependencies } from './flows/administer-teams.ts'
import type { WebhookDependencies } from './flows/administer-webhooks.ts'
import { WaitingPlaces, type AwaitDependencies } from './flows/await-task.ts'
import { openDebts } from './flows/debts.ts'
import { LostAnswers } from './flows/lost-answer.ts'
import type { SubmitDependencies } from './flows/submit-task.ts'
import { openTaskWatch } from './flows/task-watch.ts'
import { upstreamByMode } from './flows/upstream.ts'
import type { FrontDoorOptions } from './http/front-door.ts'
import { deliverWebhooks } from './jobs/deliver-webhooks.ts'
import { every } from './jobs/every.ts'
import { sweepTasks } from './jobs/sweep-tasks.ts'
import { watchSecrets } from './jobs/watch-secrets.ts'
import type { Clock } from './kernel/clock.ts'
import type { Log } from './kernel/log.ts'
import { Running } from './kernel/running.ts'
import { within } from './kernel/within.ts'
import type { AuditTrail } from './ledger/audit.ts'
import type { Ledger } from './ledger/ledger.ts'
import { keepingOf, type Keeping } from './ledger/keeping.ts'
import { simulatedUpstream } from './simulated-upstream.ts'
import type { WebhookOutbox } from './ledger/outbox.ts'
import { openRedisStore } from './stores/redis/open.ts'
import { openSqliteStore } from './stores/sqlite/open.ts'
import type { SettlementRules } from './ledger/task.ts'
import type { TeamDirectory } from './teams/directory.ts'
import { measuredLedger } from './telemetry/measured-ledger.ts'
import { measuredOutbox } from './telemetry/measured-outbox.ts'
import { measuredUpstream } from './telemetry/measured-upstream.ts'
import type { Metrics } from './telemetry/metrics.ts'
import type { Tracing } from './telemetry/tracing.ts'
import { muleRouter, type MuleRouter } from './upstream/mulerouter.ts'
import { noticeUnknownWords } from './upstream/unknown-words.ts'
import { DEADLINE_MS, openCourier } from './webhooks/courier.ts'

export type Services = {
  tasks: SubmitDependencies
  administration: AdministrationDependencies
  keeping: Keeping
  waiting: AwaitDependencies
  webhooks: WebhookDependencies
  /** where the front doors of all instances count together, if there is such a place */
  frontDoor: FrontDoorOptions['shared']
  /** how the upstream tokens are doing */
  upstreamTokens: MuleRouter['tokens']
  /** From this moment on nothing is claimed that nobody asked for; what was, and is not begun, is given back. */
  rest (): void
  /** Lets what is under way end, for at most so long, and closes everything within a few seconds more, whatever hangs. */
  close (graceMs?: number): Promise<void>
}

export type ServiceOptions = {
  config: Config
  secrets: LiveSecrets
  clock: Clock
  log: Log
  /** absent when nobody collects traces */
  tracing: Tracing | undefined
  metrics: Metrics
  /** tells the time in the place of a shared store's own clock; for tests, whose clock stands still */
  storeClock?: Clock | undefined
}

/** Either of the two ledgers. */
type Store = {
  ledger: Ledger
  directory: TeamDirectory
  outbox: WebhookOutbox
  audit: AuditTrail
  frontDoor?: FrontDoorOptions['shared']
  /** what it wants to be done again and again */
  tend?(): Promise<void>
  close (): Promise<void>
}

/** How much longer than upstream's deadline a look may take before another reader may look. */
const LOOK_MARGIN_MS = 5000

/** How much longer than an attempt to deliver a message may take before another gateway may make one. */
const DELIVERY_MARGIN_MS = 5000

/** Of the calls at a time that upstream takes, so many are left to callers by the sweep. */
const SWEEP_SHARE = 0.25
/** How often a ledger is tended: watched, or rid of what was kept long enough. */
const TEND_EVERY_MS = 1000
/** What a stop waits for after its grace time, at most: first for work that was cut to be recorded, */
const CUT_MS = 1000
/** then for records that are still owed, */
const DEBTS_CLOSE_MS = 1000
/** and for the ledger to be closed, in two steps. */
const CLOSE_MS = 500

/** @throws DatabaseUnusable or RedisUnusable */
export async function openServices (options: ServiceOptions): Promise<Services> {
  const { config, secrets, clock, log, metrics, tracing } = options
  const { directory, audit, frontDoor, tend, close, ...store } = await openStore(options)
  const ledger = measuredLedger(tracing?.ledger(store.ledger) ?? store.ledger, metrics)
  const outbox = measuredOutbox(store.outbox, metrics)
  const debts = openDebts({ log })
  const running = new Running()
  const tending = tend === undefined ? undefined : every(TEND_EVERY_MS, log, tend)
  const live = muleRouter({
    baseUrl: config.upstreamBaseUrl,
    tokens: secrets.upstreamTokens,
    proxyUrl: config.proxyUrl,
    timeoutMs: config.upstreamTimeoutMs,
    connections: config.upstreamConnections,
    on5xx: config.upstream5xx,
    clock,
    log,
    noticeUnknownWord: noticeUnknownWords(log, () => metrics.unknownStatuses.inc())
  })
  const test = simulatedUpstream({ clock, log, timeoutMs: config.upstreamTimeoutMs })
  const untraced = upstreamByMode({ live: measuredUpstream(live, metrics), test })
  const upstream = tracing?.upstream(untraced) ?? untraced
  const looking = { ledger, upstream, clock, log }
  const watch = openTaskWatch({ ...looking, statusMaxAgeMs: config.statusMaxAgeMs })
  const sweep = sweepTasks({
    ...looking,
    catalog,
    rules: rulesOf(config),
    looksPerSecond: config.sweepLooksPerSecond,
    looksAtOnce: Math.max(1, Math.floor(config.upstreamConnections * SWEEP_SHARE)),
    leaseMs: config.upstreamTimeoutMs + LOOK_MARGIN_MS
  })
  const watching = watchSecrets(secrets.files, log)
  const courier = openCourier({ allowHttp: config.webhookAllowHttp, allowCidrs: config.webhookAllowCidrs, clock })
  const delivery = deliverWebhooks({ outbox, courier, clock, log, leaseMs: DEADLINE_MS + DELIVERY_MARGIN_MS })
  let resting: Promise<unknown> | undefined
  function rest (): Promise<unknown> {
    resting ??= Promise.all([sweep.stop(), delivery.stop()])
    return resting
  }
  return {
    tasks: { ledger, directory, debts, lostAnswers: new LostAnswers({ ledger, debts, running }), running, upstream, prices: config.prices, clock, upstreamTimeoutMs: config.upstreamTimeoutMs, logPrompts: config.logPrompts },
    administration: { directory, audit, catalog, clock },
    keeping: keepingOf({ taskRetentionMs: config.taskRetentionMs, usageRetentionMs: config.usageRetentionMs, rules: rulesOf(config) }),
    waiting: { watch, places: new WaitingPlaces() },
    webhooks: { outbox, courier, audit, clock },
    frontDoor,
    upstreamTokens: live.tokens,
    rest () { rest() },
    async close (graceMs = 0) {
      const untilMs = performance.now() + graceMs
      watch.close()
      const ended = Promise.all([rest(), running.idle()])
      await within(graceMs, ended)
      // What has not ended by now is cut, and recorded as what it became: of a create the outcome is unknown.
      const cut = Promise.all([live.close(), test.close(), courier.close()])
      await within(CUT_MS, Promise.all([ended, cut]))
      for (const facts of [...running.left, ...sweep.left, ...delivery.left]) log.error(facts, 'not finished before the stop')
      await debts.close(Math.max(DEBTS_CLOSE_MS, untilMs - performance.now()))
      // Until here this gateway says that it lives, so that no other one takes over from it.
      await within(CLOSE_MS, Promise.all([tending?.stop(), watching.stop()]))
      await within(CLOSE_MS, close())
    }
  }
}

async function openStore ({ config, secrets: { redisUrl }, clock, log, storeClock }: Omit<ServiceOptions, 'metrics'>): Promise<Store> {
  const { statusMaxAgeMs, idempotencyTtlMs } = config
  const common = {
    clock,
    rules: rulesOf(config),
    idempotencyTtlMs,
    statusMaxAgeMs,
    taskRetentionMs: config.taskRetentionMs,
    usageRetentionMs: config.usageRetentionMs,
    lookLeaseMs: config.upstreamTimeoutMs + LOOK_MARGIN_MS
  }
  if (redisUrl === undefined) return openSqliteStore({ ...common, path: config.databasePath, sync: config.databaseSync })
  return openRedisStore({
    ...common,
    address: { url: redisUrl, cluster: config.redisCluster, sentinels: config.redisSentinels, tlsCa: config.redisTlsCa, keyPrefix: config.redisKeyPrefix },
    storeClock,
    log
  })
}

function rulesOf ({ chargeFailedTasks, unknownHoldMs, unknownHoldEnd, taskDeadlineMs }: Config): SettlementRules {
  return { chargeFailedTasks, unknownHoldMs, unknownHoldEnd, taskDeadlineMs }
}
