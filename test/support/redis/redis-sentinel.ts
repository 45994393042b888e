// A real master with a replica, and three Sentinels that put the one in the place of the other.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { eventually } from '../eventually.ts'
import { askRedis, askRedisText } from './ask-redis.ts'
import { startRedis, type ClientOptions, type RedisServer, type RedisServerOptions } from './redis-server.ts'
import { startAll, stopAll } from './start-all.ts'

const NAME = 'mulegate'
const SENTINELS = 3
const QUORUM = 2
const DOWN_AFTER_MS = 1000
/** A failover that does not come to its end is tried again after twice this time. */
const FAILOVER_TIMEOUT_MS = 5000

export type RedisSentinel = {
  /** the name under which the Sentinels know the master */
  name: string
  sentinels: readonly RedisServer[]
  /** the master at the start, to be killed */
  master: RedisServer
  /** the replica at the start */
  replica: RedisServer
  /** a client of whoever is master; it is closed with the rest, and nobody needs to listen for its errors */
  client (options?: ClientOptions): Redis
  /** The server that the first Sentinel takes for the master now. Throws if that Sentinel does not answer. */
  currentMaster (): Promise<RedisServer>
  /** Stops them all; may be repeated. */
  stop (): Promise<void>
}

/** Starts them all, and resolves when every Sentinel knows the replica and the other Sentinels. Throws if that takes too long. */
export async function startSentinel (): Promise<RedisSentinel> {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-sentinel-'))
  const servers: RedisServer[] = []
  const clients: Redis[] = []
  const stop = async (): Promise<void> => {
    for (const client of clients) client.disconnect()
    await stopAll(servers)
    rmSync(folder, { recursive: true, force: true })
  }

  async function start () {
    const master = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    servers.push(master)
    const replica = await startRedis({ args: ['--replicaof', master.host, String(master.port), '--repl-diskless-sync-delay', '0'] })
    servers.push(replica)
    // A Sentinel looks for replicas when it starts, and then only every ten seconds.
    await eventually(async () => (await askRedisText(replica, 'INFO', 'replication')).includes('master_link_status:up'), 'the replica has its master\'s data')
    const sentinels = await startAll(Array.from({ length: SENTINELS }, (_, index) => sentinelOptions(join(folder, `sentinel-${index}`), master)))
    servers.push(...sentinels)
    for (const sentinel of sentinels) await eventually(() => knowsAll(sentinel), `Sentinel ${sentinel.port} knows the others`)
    return { master, replica, sentinels }
  }

  const { master, replica, sentinels } = await start().catch(async error => { await stop(); throw error })
  return {
    name: NAME,
    sentinels,
    master,
    replica,
    client (options = {}) {
      const client = new Redis({ sentinels: sentinels.map(({ host, port }) => ({ host, port })), name: NAME, ...options })
      clients.push(client.on('error', () => {}))
      return client
    },
    async currentMaster () {
      const [sentinel] = sentinels
      if (sentinel === undefined) throw new Error('there is a Sentinel')
      const [, port] = z.tuple([z.string(), z.string()]).parse(await askRedis(sentinel, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME))
      return Number(port) === master.port ? master : replica
    },
    stop
  }
}

/** A Sentinel needs a file that it may rewrite. */
function sentinelOptions (folder: string, { host, port }: RedisServer): RedisServerOptions {
  const configFile = join(folder, 'sentinel.conf')
  mkdirSync(folder)
  writeFileSync(configFile, [
    `sentinel monitor ${NAME} ${host} ${port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT_MS}`
  ].join('\n'))
  return { folder, configFile, args: ['--sentinel'] }
}

async function knowsAll (sentinel: RedisServer): Promise<boolean> {
  const words = z.array(z.string()).parse(await askRedis(sentinel, 'SENTINEL', 'MASTER', NAME))
  const value = (name: string): string | undefined => words[words.indexOf(name) + 1]
  return value('flags') === 'master' && value('num-slaves') === '1' && value('num-other-sentinels') === String(SENTINELS - 1)
}
