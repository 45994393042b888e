// When a task is looked at although nobody asks, and what time alone makes of it.
import { crc32 } from 'node:zlib'
import { isRunning, type ObservedTask, type Resolution, type SettlementRules, type Task } from './task.ts'

/** Until it is so old, a young task is looked at when it reaches these ages. */
const FIRST_LOOKS_MS = [5000, 10_000, 20_000]
const YOUNG_MS = 600_000
const YOUNG_EVERY_MS = 20_000
const OLD_EVERY_MS = 60_000
/** At its deadline a task of which nobody can tell what became of it is not given up yet: it may have ended well. */
const UNSEEN_MS = 6 * 3_600_000
/** Looks are spread over so much of their distance, to both sides. */
const SPREAD = 0.2

/** When something must be done about a task that nobody asks for; null if nothing ever must. */
export function dueAfter (task: Task, nowMs: number, { unknownHoldMs, taskDeadlineMs }: SettlementRules): number | null {
  if (task.state === 'submitting') return task.submitDeadlineMs
  if (task.state === 'unknown') return task.money === 'held' ? task.updatedAtMs + unknownHoldMs : null
  if (!isRunning(task)) return null
  const look = nextLookMs(task, nowMs)
  const deadlineMs = task.createdAtMs + taskDeadlineMs
  return deadlineMs > nowMs ? Math.min(look, deadlineMs) : look
}

/** What has become of a due task by time alone, or undefined if somebody has to look. */
export function endedByTime (task: Task, nowMs: number, { unknownHoldMs, unknownHoldEnd }: SettlementRules): Resolution | ObservedTask | undefined {
  if (task.state === 'submitting') return nowMs >= task.submitDeadlineMs ? { kind: 'unknown' } : { kind: 'nothing' }
  if (task.state === 'unknown') return nowMs >= task.updatedAtMs + unknownHoldMs ? { kind: 'decided', as: unknownHoldEnd, byTime: true } : { kind: 'nothing' }
  return isRunning(task) ? undefined : { kind: 'nothing' }
}

/** Whether an unfinished task is given up. @param isSeen whether upstream has just said that it is unfinished; else it has some more hours, also if it was found only late that upstream has it */
export function isGivenUp ({ createdAtMs, updatedAtMs }: Task, nowMs: number, { rules: { taskDeadlineMs }, isSeen }: { rules: SettlementRules, isSeen: boolean }): boolean {
  const deadlineMs = createdAtMs + taskDeadlineMs
  return nowMs >= (isSeen ? deadlineMs : Math.max(deadlineMs, updatedAtMs) + UNSEEN_MS)
}

function nextLookMs ({ ref, createdAtMs }: Task, nowMs: number): number {
  const ageMs = nowMs - createdAtMs
  const first = FIRST_LOOKS_MS.find(lookMs => ageMs < lookMs)
  if (first !== undefined) return createdAtMs + first
  const everyMs = ageMs < YOUNG_MS ? YOUNG_EVERY_MS : OLD_EVERY_MS
  return nowMs + Math.round(everyMs * (1 - SPREAD + 2 * SPREAD * chance(`${ref}${nowMs}`)))
}

/** A number from 0 to 1 that looks like chance, and is the same for everybody who asks. */
function chance (text: string): number { return crc32(text) / 0xffffffff }
