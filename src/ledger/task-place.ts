// Where a task stands in the order of admission: a number that grows with time, and the cursors that are made of it.
import type { TaskRef } from '../kernel/ids.ts'
import { InvalidCursor } from '../kernel/page.ts'

/** `number` tells when a task was admitted, and not how many there are: a cursor may be shown to anybody, and outlives its task. */
export type TaskPlace = { number: number, ref: TaskRef }

/** Numbers are milliseconds since 1970, with so many places in each. */
export const PLACES_A_MS = 2048
/** A number is never before its task's time, and runs ahead of it by no more than gateways' clocks differ, or a row is written late: a store knows of those that are later. */
export const AHEAD_MS = 86_400_000
const CURSOR = /^([0-9a-z]{1,11})-(tsk_[0-9A-Za-z]{1,60})$/

/**
 * The numbers that tasks of this time may have; both ends are included, and tasks of other times may have them as well.
 * @param latestMs by how much the number of any row that was written later than usual runs ahead
 */
export function numbersWithin ({ fromMs, toMs }: { fromMs?: number | undefined, toMs?: number | undefined }, latestMs: number): { least: number, most: number } {
  return { least: fromMs === undefined ? 0 : fromMs * PLACES_A_MS, most: toMs === undefined ? Number.MAX_SAFE_INTEGER : (toMs + Math.max(AHEAD_MS, latestMs)) * PLACES_A_MS }
}

/** Newest first; tasks of one number lie in different shards. */
export function isNewer (one: TaskPlace, other: TaskPlace): boolean {
  return one.number === other.number ? one.ref > other.ref : one.number > other.number
}

/** Names the last task that was shown. */
export function cursorOf ({ number, ref }: TaskPlace): string { return `${number.toString(36)}-${ref}` }

/** @throws InvalidCursor */
export function placeOf (cursor: string): TaskPlace {
  const [, number, ref] = CURSOR.exec(cursor) ?? []
  if (number === undefined || ref === undefined) throw new InvalidCursor()
  return { number: Number.parseInt(number, 36), ref: ref as TaskRef }
}
