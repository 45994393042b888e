// The gateway as a function: started with a configuration, stopped without losing anything.
import type { FastifyBaseLogger } from 'fastify'
import { catalog } from './catalog/catalog.ts'
import type { Config } from './config.ts'
import { ApiDocument } from './http/openapi/api-document.ts'
import { buildServer } from './http/server.ts'
import type { Clock } from './kernel/clock.ts'
import { openServices } from './services.ts'

export type AppOptions = { config: Config, clock: Clock, log: FastifyBaseLogger, storeClock?: Clock }

export type App = {
  /** `http://host:port`, without a slash at the end */
  origin: string
  /** how many callers wait for a task */
  watching (): number
  /** Takes no new work, lets requests finish for at most the grace time, and closes everything. */
  stop (): Promise<void>
}

/** @throws DatabaseUnusable, RedisUnusable, or the socket's error if the address is taken */
export async function startApp ({ config, clock, log, storeClock }: AppOptions): Promise<App> {
  let draining = false
  const services = await openServices({ config, clock, log, storeClock })
  try {
    const server = await buildServer({
      tasks: services.tasks,
      waiting: services.waiting,
      webhooks: services.webhooks,
      ...services.administration,
      catalog,
      document: new ApiDocument(),
      bodyLimitBytes: config.bodyLimitBytes,
      adminTokens: config.adminTokens,
      requestsPerMinute: config.requestsPerMinute,
      shared: services.frontDoor,
      trustProxy: config.trustProxy,
      log,
      draining: () => draining
    })
    // The end waits for every connection, and an answered one that is kept alive would stay for longer than the grace time.
    server.addHook('onSend', async (_request, reply) => { if (draining) reply.header('connection', 'close') })
    const origin = await server.listen({ host: config.host, port: config.port, listenTextResolver: () => 'listening' })

    return {
      origin,
      watching: () => services.waiting.watch.size,
      async stop () {
        draining = true
        // Whoever waits for a task is answered as it is.
        services.waiting.watch.close()
        const impatience = setTimeout(() => server.server.closeAllConnections(), config.shutdownGraceMs)
        // The door stays open for so long, to say to everybody else that this instance is going.
        await services.tasks.running.idle()
        await server.close()
        clearTimeout(impatience)
        await services.close()
      }
    }
  } catch (error) {
    await services.close()
    throw error
  }
}
