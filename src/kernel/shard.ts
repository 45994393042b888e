// Which part of a shared ledger a team belongs to: everything of one team lies together, so that one step can change all of it.
import { crc32 } from 'node:zlib'
import type { TaskRef, TeamId } from './ids.ts'

/** How many there are. A promise to data that is already written: it never changes. */
export const SHARDS = 64

/** Two digits, `00` to `63`. */
export type Shard = string

/** All of them, in order. */
export const ALL_SHARDS: readonly Shard[] = Array.from({ length: SHARDS }, (_, number) => digits(number))

/** The shard of a team, by the CRC-32 of its id. */
export function shardOf (team: TeamId): Shard { return digits(crc32(team) % SHARDS) }

/** The shard that a task reference begins with, or undefined if no gateway made it. */
export function shardOfRef (ref: TaskRef): Shard | undefined {
  const shard = ref.slice('tsk_'.length, 'tsk_'.length + 2)
  return ALL_SHARDS.includes(shard) ? shard : undefined
}

function digits (number: number): Shard { return String(number).padStart(2, '0') }
