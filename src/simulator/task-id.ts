// Makes and reads task ids that hold everything about a task, so that any simulator knows any task without remembering it.

import { createHash, randomBytes } from 'node:crypto'
import { SIZES, type Size } from './sizes.ts'

// An id looks like a random UUID of version 4. That leaves 122 bits, and this is what they hold, highest first:
//
//      34 bits           64 bits            24 bits
//   ┌───────────┬───────────────────────┬─────────────┐
//   │   nonce   │        sealed         │  checksum   │    checksum = hash of nonce and sealed
//   └───────────┴───────────┬───────────┴─────────────┘
//                           │  sealed = facts XOR hash of nonce, only so that ids look random: it hides nothing
//   ┌─────────┬─────────────┴────────────┬──────┬──────┐
//   │ account │       createdAtMs        │ size │ fate │
//   └─────────┴──────────────────────────┴──────┴──────┘
//     16 bits           42 bits           3 bits 3 bits
//
// and this is where they are in the UUID, `4` and `2` being the version and the variant:
//
//   48 bits │ 4 │ 12 bits │ 2 │ 62 bits
//
// 42 bits of milliseconds last until the year 2109. A UUID that the simulator did not make passes the checksum once in 16 million times.

/** What becomes of a task. Ids hold a position in this list, and have no room for more. */
export const FATES = [
  'completes',
  'fails',
  'never-ends',    // is processing for good
  'forgotten',     // is unknown from the moment it would be completed
  'synonyms',      // says its status in the provider's other words
  'unknown-word',  // says its status in a word that nobody knows, while it is processing
  'no-media',      // completes with no video
  'other-id'       // is read as another task
] as const

export type Fate = typeof FATES[number]

export type TaskFacts = {
  account: number      // 16 bits that name the account, see accounts.ts
  createdAtMs: number
  size: Size
  fate: Fate
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A new id for a task with these facts. Throws a RangeError if a fact does not fit its bits. */
export function mintTaskId (facts: TaskFacts): string {
  return formatTaskId(facts, randomBytes(8).readBigUInt64BE() >> 30n)
}

/** The id of another task with these facts, always the same one for the same id. */
export function otherTaskId (id: string, facts: TaskFacts): string {
  return formatTaskId(facts, hashBits('other', parseUuid(id), 34))
}

function formatTaskId (facts: TaskFacts, nonce: bigint): string {
  const sealed = packFacts(facts) ^ hashBits('mask', nonce, 64)
  const body = (nonce << 64n) | sealed
  return formatUuid((body << 24n) | hashBits('checksum', body, 24))
}

/** What the id says about its task, or undefined if the simulator cannot have made it. */
export function readTaskId (id: string): TaskFacts | undefined {
  if (!UUID_V4.test(id)) return undefined
  const bits = parseUuid(id)
  const body = bits >> 24n
  if (lowBits(bits, 24) !== hashBits('checksum', body, 24)) return undefined
  return unpackFacts(lowBits(body, 64) ^ hashBits('mask', body >> 64n, 64))
}

function packFacts ({ account, createdAtMs, size, fate }: TaskFacts): bigint {
  return (field(account, 16) << 48n) |
    (field(Math.trunc(createdAtMs), 42) << 6n) |
    (field(SIZES.indexOf(size), 3) << 3n) |
    field(FATES.indexOf(fate), 3)
}

function unpackFacts (packed: bigint): TaskFacts | undefined {
  const size = SIZES[Number(lowBits(packed >> 3n, 3))]
  const fate = FATES[Number(lowBits(packed, 3))]
  if (size === undefined || fate === undefined) return undefined
  return { account: Number(packed >> 48n), createdAtMs: Number(lowBits(packed >> 6n, 42)), size, fate }
}

function formatUuid (bits: bigint): string {
  const uuid = ((bits >> 74n) << 80n) | (0x4n << 76n) | (lowBits(bits >> 62n, 12) << 64n) | (0b10n << 62n) | lowBits(bits, 62)
  const hex = uuid.toString(16).padStart(32, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function parseUuid (id: string): bigint {
  const uuid = BigInt(`0x${id.replaceAll('-', '')}`)
  return ((uuid >> 80n) << 74n) | (lowBits(uuid >> 64n, 12) << 62n) | lowBits(uuid, 62)
}

function field (value: number, width: number): bigint {
  if (value < 0 || value >= 2 ** width) throw new RangeError(`${value} does not fit ${width} bits of a task id`)
  return BigInt(value)
}

function lowBits (value: bigint, width: number): bigint {
  return BigInt.asUintN(width, value)
}

function hashBits (purpose: string, value: bigint, width: number): bigint {
  const digest = createHash('sha256').update(`${purpose} ${value}`).digest()
  return digest.readBigUInt64BE() >> BigInt(64 - width)
}
