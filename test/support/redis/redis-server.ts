// A real redis-server of a test's own: on a port of its own, in a folder of its own, with nothing on disk unless the test wants it.
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis, type RedisOptions } from 'ioredis'
import { launchRedis, type RedisProcess } from './redis-process.ts'

export const HOST = '127.0.0.1'
/**
 * Below the ports that a system hands out itself (from 32768 on Linux, 49152 elsewhere), so that nobody else gets the port of a server that is
 * down for a moment; and low enough for a cluster's bus, which listens 10000 above.
 */
const PORTS_FROM = 10_000
const PORTS_TO = 20_000
const ATTEMPTS_MAX = 100

export type RedisServerOptions = {
  /** settings that win over the defaults, such as `['--appendonly', 'yes']`; a function is told the port */
  args?: readonly string[] | ((port: number) => readonly string[])
  /** path of a configuration file; settings win over it */
  configFile?: string
  /** where it keeps its files, and who keeps it; without one it gets a folder that goes with it */
  folder?: string
  /** without one, a free port is found */
  port?: number
}

/** What ioredis takes, but for a mapping of replies: it is a type parameter there, which does not like to be told `undefined`. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>

export type RedisServer = {
  url: string
  host: string
  port: number
  folder: string
  /** a client that is closed with the server; nobody needs to listen for its errors */
  client (options?: ClientOptions): Redis
  /** Sends a signal, such as SIGSTOP, SIGCONT or SIGKILL; nothing happens if the process is gone. */
  kill (signal: NodeJS.Signals): void
  /** resolves when the process of now is gone */
  ended (): Promise<void>
  /** Kills what runs, and starts it again on the same port with the same files. Throws if it does not start. */
  restart (): Promise<void>
  /** Kills it, closes its clients, removes its folder if it was made for it; may be repeated. */
  stop (): Promise<void>
}

/** Starts a server, and resolves when it answers. Throws with its log if it does not start. */
export async function startRedis ({ args = [], configFile, folder, port }: RedisServerOptions = {}): Promise<RedisServer> {
  const home = folder ?? mkdtempSync(join(tmpdir(), 'mulegate-redis-'))
  const removeHome = (): void => { if (folder === undefined) rmSync(home, { recursive: true, force: true }) }
  const launch = (at: number) => launchRedis([
    ...configFile === undefined ? [] : [configFile],
    '--port', String(at), '--bind', HOST, '--dir', home, '--save', '', '--appendonly', 'no',
    ...typeof args === 'function' ? args(at) : args
  ], home)
  const first = await launchOnPort(launch, port).catch(error => { removeHome(); throw error })
  const clients = new Set<Redis>()
  let process = first.process

  async function end (): Promise<void> {
    // It also ends a process that is stopped.
    process.kill('SIGKILL')
    await process.ended
  }

  return {
    url: `redis://${HOST}:${first.port}`,
    host: HOST,
    port: first.port,
    folder: home,
    client (options = {}) {
      const client = new Redis({ host: HOST, port: first.port, ...options })
      clients.add(client.on('error', () => {}))
      return client
    },
    kill: signal => process.kill(signal),
    ended: () => process.ended,
    async restart () {
      await end()
      process = (await launchOnPort(launch, first.port)).process
    },
    async stop () {
      for (const client of clients) client.disconnect()
      await end()
      removeHome()
    }
  }
}

/** Launches on the port, or else on ports that may be free until one is. */
async function launchOnPort (launch: (port: number) => ReturnType<typeof launchRedis>, port?: number): Promise<{ port: number, process: RedisProcess }> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const at = port ?? randomInt(PORTS_FROM, PORTS_TO)
    const launched = await launch(at)
    if (launched.kind === 'ready') return { port: at, process: launched.process }
    if (port !== undefined) throw new Error(`redis-server does not start: somebody listens on port ${port}`)
  }
  throw new Error(`redis-server does not start: no free port in ${ATTEMPTS_MAX} attempts`)
}
