// Callers as they were a moment ago, for steps that compare their versions with what is stored.
import { LRUCache } from 'lru-cache'
import type { TeamId } from '../../kernel/ids.ts'
import type { Caller } from '../../teams/directory.ts'

export interface CallerCache {
  /** Gives what is known of the hash for a few seconds, or reads it; whoever asks at the same time waits for the same answer. */
  find (hash: string, read: () => Promise<Caller | undefined>): Promise<Caller | undefined>
  /** Forgets the callers of a team, here. */
  forget (team: TeamId): void
  /** Forgets the callers of a team, on all instances. */
  announce (team: TeamId): Promise<void>
}

const KNOWN_FOR_MS = 5000
const UNKNOWN_FOR_MS = 1000
/** Keys that are remembered; those that were not used longest are forgotten first. */
const REMEMBERED = 10_000

/** @param publish tells the other instances that a team has changed; it may fail, the versions hold all the same */
export function callerCache (publish: (team: TeamId) => Promise<unknown>): CallerCache {
  const known = new LRUCache<string, { caller: Caller | undefined }>({ max: REMEMBERED, ttl: KNOWN_FOR_MS })
  const reading = new Map<string, Promise<Caller | undefined>>()
  // A change that comes while a caller is being read may not be in what is read.
  let changes = 0

  async function remember (hash: string, read: () => Promise<Caller | undefined>): Promise<Caller | undefined> {
    const before = changes
    try {
      const caller = await read()
      if (changes === before) known.set(hash, { caller }, { ttl: caller === undefined ? UNKNOWN_FOR_MS : KNOWN_FOR_MS })
      return caller
    } finally {
      reading.delete(hash)
    }
  }

  function forget (team: TeamId): void {
    changes += 1
    for (const [hash, { caller }] of known.entries()) {
      if (caller === undefined || caller.team.id === team) known.delete(hash)
    }
  }

  return {
    async find (hash, read) {
      const hit = known.get(hash)
      if (hit !== undefined) return hit.caller
      const promise = reading.get(hash) ?? remember(hash, read)
      reading.set(hash, promise)
      return promise
    },
    forget,
    async announce (team) {
      forget(team)
      try {
        await publish(team)
      } catch {
        // Versions are compared anyway; this only spares others a reload.
      }
    }
  }
}
