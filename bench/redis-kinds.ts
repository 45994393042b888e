// Where the bytes of a ledger in Redis are: by the kind of the key, and by the line of a task.
import type { Redis } from 'ioredis'
import { z } from 'zod'

export type Kind = { kind: string, keys: number, bytes: number }

const BATCH = 1000
/** `task`, `id`, `count`, …: what follows prefix and shard. */
const KIND = /^(?:\{[^}]*\}|[^:]+):([^:]+)/
const LINE = /^(.*)\n(.*)\n(.*)\n([^]*)$/
/** As packed-task.ts writes them. */
const LINES = ['header', 'what never changes', 'first answer', 'what changes'] as const

/** Keys and bytes of every kind, the largest first; the tables that lead to keys and expiries are not in it. */
export async function kindsOf (redis: Redis): Promise<Kind[]> {
  const kinds = new Map<string, Kind>()
  for await (const names of namesIn(redis)) {
    const sizes = await Promise.all(names.map(name => redis.memory('USAGE', name, 'SAMPLES', 0)))
    for (const [place, name] of names.entries()) {
      const kind = KIND.exec(name)?.[1] ?? name
      const { keys, bytes } = kinds.get(kind) ?? { keys: 0, bytes: 0 }
      kinds.set(kind, { kind, keys: keys + 1, bytes: bytes + Number(sizes[place]) })
    }
  }
  return [...kinds.values()].toSorted((a, b) => b.bytes - a.bytes)
}

/** Bytes of the lines of an average task. */
export async function linesOf (redis: Redis): Promise<Kind[]> {
  const sums = LINES.map(kind => ({ kind, keys: 0, bytes: 0 }))
  for await (const names of namesIn(redis, '*:task:*')) {
    for (const value of await redis.mgetBuffer(names)) {
      // A byte is a character; what changes may be packed, and have any.
      const [, ...lines] = LINE.exec(value?.toString('latin1') ?? '') ?? []
      for (const [place, line] of lines.entries()) {
        const sum = sums[place]
        if (sum === undefined) continue
        sum.keys++
        sum.bytes += line.length
      }
    }
  }
  return sums
}

async function * namesIn (redis: Redis, pattern = '*'): AsyncGenerator<string[]> {
  for await (const names of redis.scanStream({ match: pattern, count: BATCH })) {
    const batch = z.array(z.string()).parse(names)
    if (batch.length > 0) yield batch
  }
}
