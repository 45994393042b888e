// What was started, and what is left: the role that a store plays for tasks and their money.
import type { TaskId, TaskRef, TeamId } from '../kernel/ids.ts'
import type { Page, PageQuery } from '../kernel/page.ts'
import type { Caller } from '../teams/directory.ts'
import type { Admission, InFlight, Standing } from './admission.ts'
import type { UsageQuery, UsageRow } from './report.ts'
import type { ObservedTask, Resolution, Task, TaskState } from './task.ts'

/** A task that somebody wants to begin. */
export type Order = {
  ref: TaskRef
  caller: Caller
  /** `vendor/model` */
  model: string
  priceMicros: number
  fingerprint: string
  /** when the submission must have ended */
  submitDeadlineMs: number
}

/** A task before and after a step; equal when the step changed nothing. */
export type Transition = { before: Task, after: Task }

/** A task of the caller's team. */
export type Found = {
  task: Task
  /** whether this reader has the right and the duty to ask upstream now; others answer what is known */
  mayLook: boolean
}

export type TaskQuery = PageQuery & {
  team?: TeamId | undefined
  state?: TaskState | undefined
  model?: string | undefined
}

/** Where a caller stands now. */
export type Usage = { standings: Standing[], inFlight: InFlight[] }

/** The store does not answer; nothing is known of what was asked of it. */
export class LedgerUnavailable extends Error {
  constructor (cause: unknown) { super('the ledger does not answer', { cause }) }
}

/** Keeps tasks and their money. Every method is one atomic step, and throws `LedgerUnavailable` if the store is away. */
export interface Ledger {
  /** Decides about the order, and if it may begin writes the task, its hold and all its counters. A refusal changes nothing. */
  admit (order: Order): Promise<Admission>
  /** Decides as `admit` would, and changes nothing. */
  preview (order: Order): Promise<Admission>
  /** Records how the submission of an admitted order ended. */
  resolve (order: Order, outcome: Resolution): Promise<Transition>
  /** Moves a task by what was seen of it, and settles its money, once. */
  observe (ref: TaskRef, seen: ObservedTask): Promise<Transition>
  /** A task of the caller's team; a foreign one does not exist. */
  find (caller: Caller, taskId: TaskId): Promise<Found | undefined>
  /** newest first */
  list (query: TaskQuery): Promise<Page<Task>>
  /** Where the caller's limits stand. */
  standing (caller: Caller): Promise<Usage>
  /** The daily report, in the order of days. */
  usage (query: UsageQuery): AsyncIterable<UsageRow>
  /** Resolves if the store answers. */
  ping (): Promise<void>
}
