// A task is the entry in the ledger: its states, its money, and the only function that moves it.
import { z } from 'zod'
import type { KeyId, TaskId, TaskRef, TeamId } from '../kernel/ids.ts'
import { unreachable } from '../kernel/unreachable.ts'
import type { KeyMode } from '../teams/api-key.ts'
import type { CounterId } from './counter.ts'

export const TASK_STATES = [
  'submitting', 'pending', 'processing', 'completed', 'failed', 'refused', 'unsent', 'unknown', 'deleted', 'expired'
] as const
export type TaskState = typeof TASK_STATES[number]

/** What became of the price: set aside, gone, or given back. */
export const MONEY = ['held', 'spent', 'refunded'] as const
export type Money = typeof MONEY[number]

export const TASK_STATUSES = ['pending', 'processing', 'completed', 'failed'] as const
/** The provider's words, synonyms already mapped. */
export type TaskStatus = typeof TASK_STATUSES[number]

/** The provider's body of a task, its status mapped to one of four words, everything else as it was. */
export const taskBodySchema = z.looseObject({
  task_info: z.looseObject({ id: z.string(), status: z.enum(TASK_STATUSES) })
})
export type TaskBody = z.infer<typeof taskBodySchema>

export type Task = {
  ref: TaskRef
  /** grows with every change, so that a step that was computed from an older one is noticed */
  revision: number
  /** the provider's id, null until it accepted the task */
  taskId: TaskId | null
  team: TeamId
  keyId: KeyId
  /** the first key of the chain of rotations: quotas belong to it */
  lineage: KeyId
  /** `vendor/model` */
  model: string
  /** that of its key */
  mode: KeyMode
  state: TaskState
  money: Money
  priceMicros: number
  fingerprint: string
  /** traceparent of the request that began it, if that was recorded */
  trace: string | null
  /** fingerprint of the upstream token that made it */
  credential: string | null
  /** what the provider said last */
  body: TaskBody | null
  /** how often it was said to be completed without any media */
  looksWithoutMedia: number
  /** a delete was sent and not answered: what it would mean if upstream has done it */
  deleting: 'before-begun' | 'after-begun' | null
  /** the windows that it was counted in when it was admitted */
  counted: readonly CounterId[]
  createdAtMs: number
  updatedAtMs: number
  /** when the provider was last asked, successfully or not */
  lookedAtMs: number
  /** if it is still submitting after this, its process died and the outcome is unknown */
  submitDeadlineMs: number
  /** how often in a row the provider said that it knows no such task, and since when */
  misses: { times: number, sinceMs: number } | null
  /** when something must be done about it although nobody asks; null: never again */
  dueAtMs: number | null
}

/** How a submission ended, as far as the ledger cares. */
export type Resolution =
  | { kind: 'accepted', taskId: TaskId, credential: string | null, body: TaskBody }
  | { kind: 'refused' }
  | { kind: 'unsent' }
  /** `credential`: the token that it was sent with, if that is known */
  | { kind: 'unknown', credential?: string }

/** What was learnt about a task that upstream had accepted. */
export type ObservedTask =
  | { kind: 'status', body: TaskBody }
  /** `begun`: whether upstream may have started it before it was deleted */
  | { kind: 'deleted', begun: boolean }
  /** a delete is about to be sent; null: it was not, or upstream said no */
  | { kind: 'deleting', begun: boolean | null }
  /** what becomes of the hold on an unknown outcome, by an operator who knows, or at the end of its time without anybody knowing */
  | { kind: 'decided', as: 'spent' | 'refunded', byTime?: true }
  /** the provider knows no such task, asked with the token that made it */
  | { kind: 'missing', atMs: number }
  /** its deadline has passed, and it is not finished */
  | { kind: 'given-up' }
  /** a look that brought no verdict; the next one waits until then, if the provider asked for it */
  | { kind: 'nothing', notBeforeMs?: number | undefined }

/** Rules about money and time that an operator chooses. */
export type SettlementRules = {
  chargeFailedTasks: boolean
  /** how long the price of an unknown outcome is held */
  unknownHoldMs: number
  /** what becomes of a price that nobody can tell about: at the end of that hold, and of a task that expired */
  unknownHoldEnd: 'spent' | 'refunded'
  /** an unfinished task that is older than this expires */
  taskDeadlineMs: number
}

const LOOKS_WITHOUT_MEDIA_MAX = 5
/** One "no such task" is no verdict: so many in a row are, over at least this time. */
const MISSES_MAX = 3
const MISSES_OVER_MS = 600_000

/**
 * Moves a task by what was seen of it. Pure; what would move it backwards is ignored and gives the same object back.
 */
export function advance (task: Task, seen: Resolution | ObservedTask, rules: SettlementRules): Task {
  switch (seen.kind) {
    case 'accepted': return accept(task, seen, rules)
    case 'refused':
    case 'unsent': return isOpen(task) ? { ...task, state: seen.kind, money: 'refunded' } : task
    case 'unknown': return doubt(task, seen.credential ?? null)
    case 'decided': return task.state === 'unknown' && task.money === 'held' ? { ...task, money: seen.as } : task
    case 'status': return isRunning(task) ? { ...follow(task, seen.body, rules), misses: null } : task
    case 'deleted': return remove(task, seen.begun)
    case 'deleting': return isRunning(task) ? intend(task, seen.begun) : task
    case 'missing': return isRunning(task) ? miss(task, seen.atMs, rules) : task
    case 'given-up': return isRunning(task) ? expire(task, rules) : task
    case 'nothing': return task
    default: return unreachable(seen)
  }
}

function accept (task: Task, seen: Extract<Resolution, { kind: 'accepted' }>, rules: SettlementRules): Task {
  if (!isOpen(task)) return task
  const { taskId, credential, body } = seen
  // The answer of a released hold turned up after all: the task exists, so it is paid for again.
  const money = task.money === 'refunded' ? 'held' : task.money
  return follow({ ...task, taskId, credential, state: 'pending', money }, body, rules)
}

/** The process that sent it may learn later than the sweep that the outcome is unknown, and still knows the token. */
function doubt (task: Task, credential: string | null): Task {
  if (task.state === 'submitting') return { ...task, state: 'unknown', credential }
  return task.state === 'unknown' && task.credential === null && credential !== null ? { ...task, credential } : task
}

function follow (task: Task, body: TaskBody, rules: SettlementRules): Task {
  switch (body.task_info.status) {
    case 'pending': return { ...task, body, state: 'pending' }
    case 'processing': return { ...task, body, state: 'processing' }
    case 'failed': return { ...task, body, state: 'failed', money: rules.chargeFailedTasks ? 'spent' : 'refunded' }
    case 'completed': {
      if (hasMedia(body) || task.looksWithoutMedia >= LOOKS_WITHOUT_MEDIA_MAX) return { ...task, body, state: 'completed', money: 'spent' }
      const waiting: TaskBody = { ...body, task_info: { ...body.task_info, status: 'processing' } }
      return { ...task, body: waiting, state: 'processing', looksWithoutMedia: task.looksWithoutMedia + 1 }
    }
    default: return unreachable(body.task_info.status)
  }
}

function intend (task: Task, begun: boolean | null): Task {
  return { ...task, deleting: begun === null ? null : begun ? 'after-begun' : 'before-begun' }
}

function remove (task: Task, begun: boolean): Task {
  if (isRunning(task)) return { ...task, state: 'deleted', body: null, money: begun ? 'spent' : 'refunded' }
  if (task.state === 'completed' || task.state === 'failed') return { ...task, state: 'deleted', body: null }
  return task
}

function miss (task: Task, atMs: number, rules: SettlementRules): Task {
  const misses = { times: (task.misses?.times ?? 0) + 1, sinceMs: task.misses?.sinceMs ?? atMs }
  const isGone = misses.times >= MISSES_MAX && atMs - misses.sinceMs >= MISSES_OVER_MS
  const missed = { ...task, misses }
  if (!isGone) return missed
  // What a delete may have removed that nobody answered, it has removed.
  return task.deleting === null ? expire(missed, rules) : remove(missed, mayHaveBegun(task))
}

/** Whether upstream may have begun the task before a delete of it that nobody answered. */
export function mayHaveBegun ({ deleting, state }: Task): boolean { return deleting !== 'before-begun' || state !== 'pending' }

function expire (task: Task, { unknownHoldEnd }: SettlementRules): Task { return { ...task, state: 'expired', money: unknownHoldEnd } }

/** Whether the answer to the submission is still missing; when it turns up, however late, it is the truth. */
function isOpen ({ state }: Task): boolean { return state === 'submitting' || state === 'unknown' }

/** Whether upstream has the task and has not finished it. */
export function isRunning ({ state }: Pick<Task, 'state'>): boolean { return state === 'pending' || state === 'processing' }

/** Whether any of the lists in which models deliver is there and not empty. */
function hasMedia (body: TaskBody): boolean {
  return [body['videos'], body['images'], body['audios']].some(list => Array.isArray(list) && list.length > 0)
}
