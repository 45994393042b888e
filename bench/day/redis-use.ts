// What a Redis was asked, and what lies in it.
import type { Redis } from 'ioredis'

/** `executed`: commands, those of scripts too. */
export type Use = { executed: number, bytesIn: number, bytesOut: number, cpuMicros: number, memory: number, keys: number }

export const NO_USE: Use = { executed: 0, bytesIn: 0, bytesOut: 0, cpuMicros: 0, memory: 0, keys: 0 }

export async function useOf (redis: Redis): Promise<Use> {
  const [commands, stats, cpu, memory, keys] = [await redis.info('commandstats'), await redis.info('stats'), await redis.info('cpu'), await redis.info('memory'), await redis.dbsize()]
  const executed = [...commands.matchAll(/^cmdstat_(?!info:|dbsize:)[^:]+:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0)
  return {
    executed,
    bytesIn: numberIn(stats, 'total_net_input_bytes'),
    bytesOut: numberIn(stats, 'total_net_output_bytes'),
    cpuMicros: (numberIn(cpu, 'used_cpu_user') + numberIn(cpu, 'used_cpu_sys')) * 1e6,
    memory: numberIn(memory, 'used_memory'),
    keys
  }
}

export function combined (one: Use, times: number, other: Use, otherTimes: number): Use {
  return {
    executed: one.executed * times + other.executed * otherTimes,
    bytesIn: one.bytesIn * times + other.bytesIn * otherTimes,
    bytesOut: one.bytesOut * times + other.bytesOut * otherTimes,
    cpuMicros: one.cpuMicros * times + other.cpuMicros * otherTimes,
    memory: one.memory * times + other.memory * otherTimes,
    keys: one.keys * times + other.keys * otherTimes
  }
}

/** What only the real clock would have removed meanwhile: the counters of minutes, and leases. */
export const SHORT_LIVED = ['minute', 'look', 'lost', 'taken'] as const

/** Removes all keys of some kinds. */
export async function dropKinds (redis: Redis, kinds: readonly string[]): Promise<void> {
  const wanted = new RegExp(`:(${kinds.join('|')}):`)
  for await (const names of redis.scanStream({ match: '*', count: 1000 })) {
    const some = [names].flat().map(String).filter(name => wanted.test(name))
    if (some.length > 0) await redis.unlink(...some)
  }
}

function numberIn (info: string, name: string): number { return Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]) }
