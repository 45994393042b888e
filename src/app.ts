// The gateway as a function: started with a configuration, stopped without losing anything.
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { catalog } from './catalog/catalog.ts'
import { isTokenExposed, type Config } from './config/config.ts'
import { liveSecrets } from './config/live-secrets.ts'
import type { Setup } from './flows/check-gateway.ts'
import { prepareClosing } from './http/closing.ts'
import { CONNECTION_LIMITS, type ConnectionLimits } from './http/connection-limits.ts'
import { ApiDocument } from './http/openapi/api-document.ts'
import { buildServer, type ServerOptions } from './http/server.ts'
import type { Clock } from './kernel/clock.ts'
import { ownVersion } from './kernel/own-version.ts'
import { within } from './kernel/within.ts'
import { openServices } from './services.ts'
import { openMetrics } from './telemetry/metrics.ts'
import { openScrape } from './telemetry/scrape.ts'
import { openTracing } from './telemetry/tracing.ts'

export type AppOptions = {
  config: Config
  clock: Clock
  log: FastifyBaseLogger
  storeClock?: Clock
  /** for how long a stop goes on to take connections and to answer them with `draining`, so that their owners leave, and then those that it has; not at all unless said otherwise */
  linger?: { openMs: number, settleMs: number }
  /** in the place of the usual ones; for tests, that cannot wait for so long */
  connectionLimits?: Partial<ConnectionLimits>
}

export type App = {
  /** `http://host:port`, without a slash at the end */
  origin: string
  /** where operators are served; the same unless OPS_PORT is set */
  opsOrigin: string
  /** how many callers wait for a task */
  watching (): number
  /**
   * Says that it is going, takes no new work some time later, lets what is under way finish for at most the grace time, and closes everything within 4.5 s more, whatever hangs.
   * Whoever calls it again waits for the same stop. @param how `takesNothing`: no new work from this moment on
   */
  stop (how?: { takesNothing: boolean }): Promise<void>
}

/** How long a stop waits for a collector: so long, */
const TRACES_CLOSE_MS = 2000
/** and this long if its grace time is over. */
const TRACES_CUT_MS = 500

/** @throws DatabaseUnusable, RedisUnusable, or the socket's error if the address is taken */
export async function startApp ({ config, clock, log, storeClock, linger = { openMs: 0, settleMs: 0 }, connectionLimits = {} }: AppOptions): Promise<App> {
  let leaving = false
  let draining = false
  const tracing = await openTracing(config.tracing, log)
  const metrics = openMetrics({ version: ownVersion(), ledger: config.redisUrl === undefined ? 'sqlite' : 'redis' })
  const secrets = liveSecrets(config, log)
  const services = await openServices({ config, secrets, clock, log, metrics, storeClock, tracing })
  try {
    const options: Omit<ServerOptions, 'serves'> = {
      tasks: services.tasks,
      waiting: services.waiting,
      webhooks: services.webhooks,
      ...services.administration,
      keeping: services.keeping,
      setup: setupOf(config),
      catalog,
      document: new ApiDocument(),
      bodyLimitBytes: config.bodyLimitBytes,
      adminTokens: secrets.adminTokens,
      requestsPerMinute: config.requestsPerMinute,
      shared: services.frontDoor,
      trustProxy: config.trustProxy,
      connectionLimits: { ...CONNECTION_LIMITS, quietTimeoutMs: quietTimeoutOf(config), ...connectionLimits },
      log,
      tracing,
      leaving: () => leaving,
      metrics,
      scrape: openScrape({
        metrics,
        clock,
        ledger: services.tasks.ledger,
        outbox: services.webhooks.outbox,
        owed: () => services.tasks.debts.outstanding(),
        waiting: () => services.waiting.watch.size,
        draining: () => leaving,
        tokens: services.upstreamTokens,
        models: catalog.map(({ model }) => model)
      }),
      draining: () => draining
    }
    const main = await buildServer({ ...options, serves: config.opsPort === undefined ? 'everybody' : 'teams' })
    const servers = config.opsPort === undefined ? [main] : [main, await buildServer({ ...options, serves: 'operators' })]
    const closing = prepareClosing(servers)
    const [origin = '', opsOrigin = origin] = await listen(servers, config)

    const takesNothing = Promise.withResolvers<void>()
    let stopped: Promise<void> | undefined

    async function end (): Promise<void> {
      const untilMs = performance.now() + config.shutdownGraceMs
      leaving = true
      services.rest()
      // A balancer needs some checks to notice; what it sends until then is served as ever.
      if (config.shutdownDelayMs > 0) await within(config.shutdownDelayMs, takesNothing.promise)
      draining = true
      const nowMs = performance.now()
      closing.begin()
      // Whoever waits for a task is answered as it is.
      services.waiting.watch.close()
      // The door stays open for so long, to say to everybody else that this instance is going.
      await within(untilMs - nowMs, services.tasks.running.idle())
      await closing.end({ lingerUntilMs: nowMs + linger.openMs, settleMs: linger.settleMs, untilMs })
      await services.close(untilMs - performance.now())
      await tracing?.close(Math.max(TRACES_CUT_MS, Math.min(TRACES_CLOSE_MS, untilMs - performance.now())))
    }

    return {
      origin,
      opsOrigin,
      watching: () => services.waiting.watch.size,
      stop (how) {
        if (how?.takesNothing === true) {
          takesNothing.resolve()
          draining = true
        }
        stopped ??= end()
        return stopped
      }
    }
  } catch (error) {
    await services.close()
    await tracing?.close(TRACES_CLOSE_MS)
    throw error
  }
}

/** Opens the ports one after the other; if one is taken, those before it are closed again. @throws the socket's error */
async function listen (servers: readonly FastifyInstance[], { host, port, opsPort }: Config): Promise<string[]> {
  const origins: string[] = []
  try {
    for (const [place, server] of servers.entries()) origins.push(await server.listen({ host, port: place === 0 ? port : opsPort ?? 0, listenTextResolver: () => 'listening' }))
    return origins
  } catch (error) {
    await Promise.all(servers.map(server => server.close()))
    throw error
  }
}

/** A create says nothing while MuleRouter does not, for a second token once more. */
function quietTimeoutOf ({ upstreamTimeoutMs }: Config): number {
  return Math.max(CONNECTION_LIMITS.quietTimeoutMs, 2 * upstreamTimeoutMs + CONNECTION_LIMITS.requestTimeoutMs)
}

function setupOf (config: Config): Setup {
  const { upstreamBaseUrl, redisUrl, databasePath } = config
  return {
    upstream: upstreamBaseUrl.origin,
    exposed: isTokenExposed(config),
    ledger: redisUrl === undefined ? `in the file ${databasePath}` : `on Redis at ${new URL(redisUrl.reveal()).host}`
  }
}
