// What suites need to share one Redis: its address, and keys that are theirs alone, so that nobody has to empty it.
import { randomInt } from 'node:crypto'
import { Redis } from 'ioredis'
import { inject } from 'vitest'

const SCAN_COUNT = 1000

let prefixes = 0

/** The Redis of this run, from `global-redis.ts`. Throws if the run was started without that setup. */
export function sharedRedisUrl (): string {
  const url: string | undefined = inject('redisUrl')
  if (url === undefined) throw new Error('this run has no shared Redis: name test/support/redis/global-redis.ts in globalSetup')
  return url
}

/** A key prefix of 12 lower-case letters and digits, which no other process has; as all are of one length, none is the beginning of another. */
export function uniquePrefix (): string {
  return `t${digits(process.pid, 5)}${digits(prefixes++, 3)}${digits(randomInt(36 ** 3), 3)}`
}

/**
 * Removes all keys of one server that begin with the prefix, and resolves to how many that were; of a cluster, ask each master.
 * Throws if the prefix is empty, for others live there too, or if Redis does not do it.
 */
export function dropPrefix (url: string, prefix: string): Promise<number> {
  return withEach(url, prefix, (client, key) => client.unlink(key))
}

/** Lets all keys that begin with the prefix become so much older, as `dropPrefix` finds them; resolves to how many that ends. */
export function agePrefix (url: string, prefix: string, ms: number): Promise<number> {
  return withEach(url, prefix, async (client, key) => {
    const leftMs = await client.pttl(key)
    if (leftMs < 0) return 0
    await client.pexpire(key, leftMs - ms)
    return leftMs <= ms ? 1 : 0
  })
}

/** Does something with each key of a prefix. @returns the sum of what that gives */
async function withEach (url: string, prefix: string, work: (client: Redis, key: string) => Promise<number>): Promise<number> {
  if (prefix === '') throw new Error('an empty prefix would mean the keys of all')
  const client = new Redis(url)
  client.on('error', () => {})
  try {
    let sum = 0
    let cursor = '0'
    // A key may be found more than once.
    const seen = new Set<string>()
    do {
      const [next, found] = await client.scan(cursor, 'MATCH', `${escapeGlob(prefix)}*`, 'COUNT', SCAN_COUNT)
      const keys = [...new Set(found)].filter(key => !seen.has(key))
      const counts = await Promise.all(keys.map(key => work(client, key)))
      sum += counts.reduce((all, count) => all + count, 0)
      for (const key of keys) seen.add(key)
      cursor = next
    } while (cursor !== '0')
    return sum
  } finally {
    client.disconnect()
  }
}

function digits (value: number, length: number): string {
  return value.toString(36).padStart(length, '0').slice(-length)
}

/** Takes the special meaning from the characters of a Redis pattern. */
function escapeGlob (text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}
