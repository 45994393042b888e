// How the configuration says where Redis is.
import { z } from 'zod'
import type { Live } from '../../kernel/live.ts'
import { Secret } from '../../kernel/secret.ts'

/** A host and a port of the network. */
export type HostPort = { host: string, port: number }

/** The sentinels, and the name under which they know the master. */
export type Sentinels = { name: string, sentinels: HostPort[] }

/** Where Redis is, and what this gateway's keys in it begin with. */
export type RedisAddress = {
  /** with user, password and number of the database; user and password may change */
  url: Live<Secret>
  cluster: boolean
  /** they name the host in the place of the URL's */
  sentinels: Sentinels | undefined
  /** certificate authorities, PEM */
  tlsCa: string | undefined
  keyPrefix: string
}

const URL_ERROR = 'must be a redis or rediss URL, for example redis://:a-password@redis.internal:6379/0'
const SENTINEL_ERROR = 'must be the master\'s name and the sentinels, for example mymaster@sentinel-1:26379,sentinel-2:26379'
const PREFIX_ERROR = 'must be 1 to 40 of A-Z, a-z, 0-9, ".", "_" and "-", for example mg'

/** `redis://` or `rediss://`. */
export const redisUrl = z.string().refine(isRedisUrl, { error: URL_ERROR }).transform(text => new Secret(text))

/** `name@host:port,host:port` */
export const redisSentinels = z.string().transform((text, context): Sentinels => {
  const [name = '', addresses = '', ...more] = text.split('@')
  const sentinels = addresses.split(',').map(readAddress)
  const good = sentinels.filter(address => address !== undefined)
  if (/^[A-Za-z0-9._-]{1,100}$/.test(name) && more.length === 0 && good.length === sentinels.length) return { name, sentinels: good }
  context.addIssue({ code: 'custom', message: SENTINEL_ERROR })
  return z.NEVER
})

/** Whether two URLs differ in user and password at most. */
export function isSameRedis (one: Secret, other: Secret): boolean { return placeOf(one) === placeOf(other) }

function placeOf (url: Secret): string {
  const { protocol, hostname, port, pathname } = new URL(url.reveal())
  return [protocol, hostname, Number(port || 6379), Number(pathname.slice(1) || 0)].join(' ')
}

export const redisKeyPrefix = z.string().regex(/^[A-Za-z0-9._-]{1,40}$/, { error: PREFIX_ERROR })

function isRedisUrl (text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, port, pathname, search, hash, username, password } = new URL(text)
  return /^rediss?:$/.test(protocol) && hostname !== '' && port !== '0' && /^\/?\d{0,4}$/.test(pathname) && search === '' && hash === '' && [username, password].every(isDecodable)
}

function isDecodable (text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function readAddress (text: string): HostPort | undefined {
  const [, host, bracketed, port] = /^(?:([A-Za-z0-9._-]+)|\[([0-9A-Fa-f:.]+)\]):(\d{1,5})$/.exec(text.trim()) ?? []
  const name = host ?? bracketed
  return name === undefined || Number(port) < 1 || Number(port) > 65535 ? undefined : { host: name, port: Number(port) }
}
