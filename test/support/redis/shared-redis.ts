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
export async function dropPrefix (url: string, prefix: string): Promise<number> {
  if (prefix === '') throw new Error('an empty prefix would remove the keys of all')
  const client = new Redis(url)
  client.on('error', () => {})
  try {
    let removed = 0
    let cursor = '0'
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', `${escapeGlob(prefix)}*`, 'COUNT', SCAN_COUNT)
      const counts = await Promise.all(keys.map(key => client.unlink(key)))
      removed += counts.reduce((sum, count) => sum + count, 0)
      cursor = next
    } while (cursor !== '0')
    return removed
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
