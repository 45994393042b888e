// What was started, and what is left: the role that a store plays for tasks and their money.
import type { KeyId, TaskId, TaskRef, TeamId } from '../kernel/ids.ts'
import type { Page, PageQuery } from '../kernel/page.ts'
import type { KeyMode } from '../teams/api-key.ts'
import type { Caller } from '../teams/directory.ts'
import type { Admission, InFlight, Standing } from './admission.ts'
import type { Pulse } from './pulse.ts'
import type { UsageQuery, UsageRow } from './report.ts'
import type { SumFigures, SumId } from './sum.ts'
import type { ObservedTask, Resolution, Task, TaskState } from './task.ts'

/** A task that somebody wants to begin. */
export type Order = {
  ref: TaskRef
  caller: Caller
  /** `vendor/model` */
  model: string
  priceMicros: number
  fingerprint: string
  /** the caller's Idempotency-Key, which holds for its team and this model */
  idempotencyKey: string | undefined
  /** traceparent of the request, if it is recorded */
  trace: string | null
  /** when it was made, by the gateway's clock */
  orderedAtMs: number
  /** a store that meets it later, by its own clock, does nothing */
  notAfterMs: number
  /** when the submission must have ended */
  submitDeadlineMs: number
}

/** A request for a task, as the next equal request is known by. */
export type Asked = Pick<Task, 'ref' | 'team' | 'keyId' | 'fingerprint'>

/** A task before and after a step; equal when the step changed nothing. */
export type Transition = { before: Task, after: Task }

export type Found =
  /** `mayLook`: whether this reader has the right and the duty to ask upstream now; others answer what is known */
  | { kind: 'found', task: Task, mayLook: boolean }
  /** the caller's team has no such task; a foreign one does not exist */
  | { kind: 'missing' }
  /** team or key were changed since the caller was read: read it again */
  | { kind: 'stale' }

export type TaskQuery = PageQuery & {
  team?: TeamId | undefined
  key?: KeyId | undefined
  /** of the key that began it */
  mode?: KeyMode | undefined
  /** upstream's id */
  taskId?: TaskId | undefined
  state?: TaskState | undefined
  model?: string | undefined
  /** admitted at or after, and before */
  fromMs?: number | undefined
  toMs?: number | undefined
}

/** Where a caller stands now. */
export type Usage = { standings: Standing[], inFlight: InFlight[] }

/** Some sums and tasks of one team; `after` adds all tasks that were admitted after that one, or all there are if it is null. */
export type InspectionQuery = { team: TeamId, sums: readonly SumId[], tasks: readonly TaskRef[], after: TaskRef | null }

/** What the sums hold, in the order of the question; undefined for one that is not there. */
export type Inspection = { sums: (SumFigures | undefined)[], tasks: Task[] }

/** What is added to a sum that does not hold what its tasks add up to, if it still `was` so; one that is not there is kept from now on for so long, or for ever. */
export type Correction = { id: SumId, was: SumFigures | undefined, add: SumFigures, keptMs: number | null }

/** The store does not answer. Unless it is certain that what was asked of it was never done, nothing is known of that. */
export class LedgerUnavailable extends Error {
  /** whether it is certain that the step was not taken and never will be */
  readonly untouched: boolean

  constructor (cause: unknown, { untouched = false } = {}) {
    super('the ledger does not answer', { cause })
    this.untouched = untouched
  }
}

/** The store has lost what it had acknowledged: nothing new begins until an operator confirms what is left. */
export class LedgerLost extends LedgerUnavailable {
  constructor (cause: unknown) { super(cause, { untouched: true }) }
}

/** Longer than it takes to give a task its id. */
export const RESERVED_MS = 10_000

/** Keeps tasks and their money. Every method is one atomic step, and throws `LedgerUnavailable` if the store is away. */
export interface Ledger {
  /** Decides about the order, and if it may begin writes the task, its hold and all its counters. A refusal changes nothing. */
  admit (order: Order): Promise<Admission>
  /** Decides as `admit` would, and changes nothing. */
  preview (order: Order): Promise<Admission>
  /**
   * Records how the submission of an order ended. If the store has lost the task, or never had it, an accepted or unknown one is
   * written anew with its hold; of one that was refused or never sent a row is left that makes a late `admit` do nothing.
   */
  resolve (order: Order, outcome: Resolution): Promise<Transition>
  /** Moves a task by what was seen of it, and settles its money, once. The task must be there; it may have moved since it was read. */
  observe (task: Task, seen: ObservedTask | Resolution): Promise<Transition>
  /** The caller went away before it was answered: the next equal order of the same key takes its place, for ten minutes. Of several that were lost, the one that was lost first goes first. */
  lose (asked: Asked): Promise<void>
  /** Tasks about which something must be done, at most so many; nobody else is given them, or looks, until the lease ends or a step is recorded. */
  claimDue (count: number, leaseMs: number): Promise<Task[]>
  /** Ends the lease of a claimed task about which nothing was done, so that anybody may be given it at once. */
  giveBack (task: Task): Promise<void>
  /** A task by its own name, whoever's it is. */
  read (ref: TaskRef): Promise<Task | undefined>
  /** A task of the caller's team, by upstream's id; to a test key what live keys began does not exist. */
  find (caller: Caller, taskId: TaskId): Promise<Found>
  /** A task, and whether whoever asks has to look upstream now, as `find` gives it. */
  follow (ref: TaskRef): Promise<Extract<Found, { kind: 'found' | 'missing' }>>
  /** Sets an id of upstream's aside for the task that is about to be given it, for `RESERVED_MS`. @returns false if it is set aside for another one */
  reserve (taskId: TaskId, ref: TaskRef): Promise<boolean>
  /** Calls the listener after a change of the task's state that any gateway records, until it is told to stop. News may be lost: they only spare asking. */
  watch (ref: TaskRef, listener: () => void): () => void
  /** newest first */
  list (query: TaskQuery): Promise<Page<Task>>
  /** Where the caller's limits stand. */
  standing (caller: Caller): Promise<Usage>
  /** The daily report, in the order of days. */
  usage (query: UsageQuery): AsyncIterable<UsageRow>
  /** What sums hold, and tasks, at one and the same moment. */
  inspect (query: InspectionQuery): Promise<Inspection>
  /** Mends sums of one team that were found to be wrong. Nothing else than this and the steps of tasks moves a sum. @returns of each whether it was as it was found, and is mended */
  correct (team: TeamId, corrections: readonly Correction[]): Promise<boolean[]>
  /** Since when all tasks are there that are kept now: others may have gone when tasks were kept for less. Milliseconds since 1970. */
  completeSince (): Promise<number>
  /** Accepts what is left after the store has lost something: creates are admitted again. */
  confirm (): Promise<void>
  /** How the ledger as a whole is doing. It may be asked often, however many tasks there are. */
  pulse (): Promise<Pulse>
  /** Resolves if the store answers, and has lost nothing. */
  ping (): Promise<void>
}
