// The gateway as a function: started with a configuration, stopped without losing anything.
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { catalog } from './catalog/catalog.ts'
import { isTokenExposed, type Config } from './config/config.ts'
import { liveSecrets } from './config/live-secrets.ts'
import type { Setup } from './flows/check-gateway.ts'
import { ApiDocument } from './http/openapi/api-document.ts'
import { buildServer, type ServerOptions } from './http/server.ts'
import type { Clock } from './kernel/clock.ts'
import { openServices } from './services.ts'

export type AppOptions = { config: Config, clock: Clock, log: FastifyBaseLogger, storeClock?: Clock }

export type App = {
  /** `http://host:port`, without a slash at the end */
  origin: string
  /** where operators are served; the same unless OPS_PORT is set */
  opsOrigin: string
  /** how many callers wait for a task */
  watching (): number
  /** Takes no new work, lets requests finish for at most the grace time, and closes everything. */
  stop (): Promise<void>
}

/** @throws DatabaseUnusable, RedisUnusable, or the socket's error if the address is taken */
export async function startApp ({ config, clock, log, storeClock }: AppOptions): Promise<App> {
  let draining = false
  const secrets = liveSecrets(config, log)
  const services = await openServices({ config, secrets, clock, log, storeClock })
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
      log,
      draining: () => draining
    }
    const main = await buildServer({ ...options, serves: config.opsPort === undefined ? 'everybody' : 'teams' })
    const servers = config.opsPort === undefined ? [main] : [main, await buildServer({ ...options, serves: 'operators' })]
    // The end waits for every connection, and an answered one that is kept alive would stay for longer than the grace time.
    for (const server of servers) server.addHook('onSend', async (_request, reply) => { if (draining) reply.header('connection', 'close') })
    const [origin = '', opsOrigin = origin] = await listen(servers, config)

    return {
      origin,
      opsOrigin,
      watching: () => services.waiting.watch.size,
      async stop () {
        draining = true
        // Whoever waits for a task is answered as it is.
        services.waiting.watch.close()
        const impatience = setTimeout(() => { for (const { server } of servers) server.closeAllConnections() }, config.shutdownGraceMs)
        // The door stays open for so long, to say to everybody else that this instance is going.
        await services.tasks.running.idle()
        await Promise.all(servers.map(server => server.close()))
        clearTimeout(impatience)
        await services.close()
      }
    }
  } catch (error) {
    await services.close()
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

function setupOf (config: Config): Setup {
  const { upstreamBaseUrl, redisUrl, databasePath } = config
  return {
    upstream: upstreamBaseUrl.origin,
    exposed: isTokenExposed(config),
    ledger: redisUrl === undefined ? `in the file ${databasePath}` : `on Redis at ${new URL(redisUrl.reveal()).host}`
  }
}
