// Opens connections to Redis, a single node, Sentinel or Cluster, and checks that it is one to be trusted with money.
import { isIP } from 'node:net'
import { Cluster } from 'ioredis'
import type { Log } from '../../kernel/log.ts'
import { within } from '../../kernel/within.ts'
import { LedgerUnavailable } from '../../ledger/ledger.ts'
import type { RedisAddress } from './address.ts'
import { GatheringRedis } from './gathering.ts'
import type { RedisClient } from './link.ts'
import { followLogin, loginOf } from './login.ts'

/** Redis cannot be used; the message is one line for the operator. */
export class RedisUnusable extends Error {}

const RECONNECT_MS = 250
const CONNECT_TIMEOUT_MS = 5000
/** A connection over which an answer is missing for so long is given up. */
const SILENT_MS = 10_000
const START_WITHIN_MS = 15_000
const OLDEST_MAJOR = 7

/** A client that queues nothing while Redis is away and sends nothing twice. Nothing is sent before it is asked to connect. */
export function redisClient ({ url, cluster, sentinels, tlsCa }: RedisAddress, { answerWithinMs }: { answerWithinMs?: number } = {}): RedisClient {
  const { protocol, hostname: written, port, pathname } = new URL(url.current().reveal())
  // An IPv6 address stands in brackets in a URL, and nowhere else.
  const hostname = written.replace(/^\[|\]$/g, '')
  // Nodes that are found by their address are known by the name of the first one; an address is no server's name.
  const tls = protocol === 'rediss:' ? { ...tlsCa === undefined ? {} : { ca: tlsCa }, ...isIP(hostname) === 0 ? { servername: hostname } : {} } : undefined
  const common = {
    ...loginOf(url.current()),
    ...tls === undefined ? {} : { tls },
    autoResendUnfulfilledCommands: false,
    // Whoever subscribes does it anew itself: what ioredis does by itself ends the process when it fails.
    autoResubscribe: false,
    // A master that was demoted: connect anew, and find the one that took its place.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENT_MS,
    keepAlive: SILENT_MS,
    // What was under way when the connection was lost fails then, and not when it is back.
    maxRetriesPerRequest: 0,
    ...answerWithinMs === undefined ? {} : { commandTimeout: answerWithinMs }
  }
  if (cluster) {
    const client = new Cluster([{ host: hostname, port: Number(port || 6379) }], {
      redisOptions: common,
      enableOfflineQueue: false,
      lazyConnect: true,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      clusterRetryStrategy: () => RECONNECT_MS,
      clusterNodeRetryStrategy: () => RECONNECT_MS,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      slotsRefreshInterval: 2000
    })
    followLogin(client, url)
    return client
  }
  const where = sentinels === undefined
    ? { host: hostname, port: Number(port || 6379) }
    : { ...sentinels, sentinelRetryStrategy: () => RECONNECT_MS, failoverDetector: true }
  const redis = new GatheringRedis({
    ...common,
    ...where,
    db: Number(pathname.slice(1) || 0),
    enableOfflineQueue: false,
    lazyConnect: true,
    retryStrategy: () => RECONNECT_MS
  })
  followLogin(redis, url)
  // ioredis gives up for good if it hears of a fail-over while it connects.
  redis.on('end', () => { setTimeout(() => redis.connect().catch(() => {}), RECONNECT_MS).unref() })
  return redis
}

/** Connects a client that is not needed, and waits until it is ready, for at most so long. */
export async function connectWithin (timeoutMs: number, client: RedisClient): Promise<void> {
  client.on('error', () => {})
  // Not for what connect() promises: in a cluster ioredis now and then forgets to keep it.
  const isReady = new Promise<void>(resolve => { client.once('ready', resolve) })
  client.connect().catch(() => {})
  await within(timeoutMs, isReady)
}

/** Ends a client for good. */
export function closeClient (client: RedisClient): void {
  client.removeAllListeners('end')
  client.disconnect()
}

/** Connects, and checks version, memory policy and durability of every node. @throws RedisUnusable */
export async function connect (client: RedisClient, log: Log): Promise<void> {
  let last: Error | undefined
  client.on('error', (error: Error) => { last = error })
  const timeout = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new RedisUnusable(`cannot be reached: ${last?.message ?? 'no answer'}`)), START_WITHIN_MS).unref()
  })
  try {
    await Promise.race([timeout, ready(client, log)])
    const nodes = client instanceof Cluster ? client.nodes('master') : [client]
    for (const node of nodes) checkNode(await Promise.race([timeout, node.info()]), log)
  } catch (error) {
    closeClient(client)
    throw new RedisUnusable(`REDIS_URL: ${reasonOf(error)}`, { cause: error })
  }
}

/** Refusals that no waiting mends end the start at once; others may end when Redis has started as well, and are said once. */
async function ready (client: RedisClient, log: Log): Promise<void> {
  const becomesReady = new Promise<void>((resolve, reject) => {
    let waits = false
    client.once('ready', resolve)
    client.on('error', (error: Error) => {
      if (/WRONGPASS|NOAUTH|NOPERM|certificate|self-signed/i.test(error.message)) return reject(error)
      if (!waits) log.warn({ reason: error.message }, 'waiting for Redis')
      waits = true
    })
  })
  client.connect().catch(() => {})
  await becomesReady
  client.removeAllListeners('error').on('error', () => {})
}

/** @param info what INFO says of a node */
export function checkNode (info: string, log: Log): void {
  const fact = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  const version = fact('redis_version')
  if (Number(version.split('.')[0]) < OLDEST_MAJOR) throw new RedisUnusable(`is Redis ${version}; 7.0 or newer is needed`)
  const policy = fact('maxmemory_policy')
  if (policy !== 'noeviction') throw new RedisUnusable(`has maxmemory-policy ${policy}, which drops accounts when memory is short; set it to noeviction`)
  if (fact('aof_enabled') !== '1') log.error({ setting: 'appendonly no' }, 'Redis keeps no append-only file: a restart of it loses money')
}

/** Why Redis cannot be used, in one line. */
export function reasonOf (error: unknown): string {
  const cause = error instanceof LedgerUnavailable ? error.cause : error
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof RedisUnusable) return message
  if (/WRONGPASS|NOAUTH/.test(message)) return `refuses user or password (${message})`
  return `cannot be used: ${message}`
}
