// What MuleRouter's answers mean. Everything it says passes one of these parsers.
// Source: the provider's endpoint pages, and its error bodies as they were seen.
import { z } from 'zod'
import type { UpstreamRefusal } from '../flows/upstream.ts'
import { isTaskId, type TaskId } from '../kernel/ids.ts'
import { httpDateMs, retryAfterMs } from '../kernel/retry-after.ts'
import type { TaskBody, TaskStatus } from '../ledger/task.ts'
import { headerOf, type Answer } from './exchange.ts'

const taskSchema = z.looseObject({
  task_info: z.looseObject({ id: z.string(), status: z.string().optional().catch(undefined) })
})

/** Who asks for longer has made a mistake: six digits of seconds, eleven days. */
const RETRY_AFTER_MAX_MS = 999_999_000

// The provider's own words and their synonyms on its newer pages.
const STATUSES: Readonly<Record<string, TaskStatus>> = {
  pending: 'pending',
  queued: 'pending',
  processing: 'processing',
  running: 'processing',
  retrying: 'processing',
  completed: 'completed',
  succeeded: 'completed',
  failed: 'failed'
}

/**
 * A task's id and body with the status mapped to one of four words; `unknownWord` is one that nobody knows, which is not terminal.
 * @param statusless how far a task is of which no status is said; without it such an answer is about none
 */
export function readTask ({ text }: Answer, { statusless }: { statusless?: TaskStatus } = {}): { taskId: TaskId, body: TaskBody, unknownWord: string | undefined } | undefined {
  const parsed = taskSchema.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  const { id, status = statusless } = parsed.data.task_info
  if (status === undefined || !isTaskId(id)) return undefined
  const mapped = Object.hasOwn(STATUSES, status) ? STATUSES[status] : undefined
  const body: TaskBody = { ...parsed.data, task_info: { ...parsed.data.task_info, status: mapped ?? 'processing' } }
  return { taskId: id, body, unknownWord: mapped === undefined ? status : undefined }
}

const removedSchema = z.object({ task_id: z.string().optional(), deleted_at: z.string().optional().catch(undefined) })

/** What says that the task was deleted, with what it leaves out; nothing at all says so too. Undefined for what is about another task, or may be anybody's. */
export function readRemoved ({ text }: Answer, taskId: TaskId): { task_id: string, deleted_at: string } | undefined {
  const { data } = removedSchema.safeParse(text.trim() === '' ? {} : parseJson(text))
  if (data === undefined) return undefined
  const { task_id: deleted = taskId, deleted_at: deletedAt = new Date().toISOString() } = data
  return deleted === taskId ? { task_id: taskId, deleted_at: deletedAt } : undefined
}

const code = z.int().optional().catch(undefined)
const words = z.string().optional().catch(undefined)
const errorSchema = z.object({
  title: words,
  detail: words,
  error_code: code,
  error: z.object({ title: words, detail: words, error_code: code, code }).optional().catch(undefined),
  task_info: z.object({ error: z.object({ title: words, detail: words, code }).optional().catch(undefined) }).optional().catch(undefined)
}).catch({})

/** A definitive no: its words wherever the provider put them. Its own shape is told by its integer code. */
export function readRefusal (answer: Answer): UpstreamRefusal {
  const { title, detail, error_code: errorCode, error, task_info: task } = errorSchema.parse(parseJson(answer.text))
  const ownCode = errorCode ?? task?.error?.code ?? error?.error_code ?? error?.code
  return {
    status: answer.status,
    ownShape: ownCode !== undefined,
    title: title ?? task?.error?.title ?? error?.title,
    detail: detail ?? task?.error?.detail ?? error?.detail,
    errorCode: ownCode,
    retryAfterS: readRetryAfter(answer)
  }
}

/** Whole seconds. A date is counted from the answer's own Date, which whoever has a clock sends: two clocks need not agree. */
function readRetryAfter (answer: Answer): number | undefined {
  const ms = retryAfterMs(headerOf(answer, 'retry-after'), httpDateMs(headerOf(answer, 'date')) ?? Date.now())
  return ms === undefined || ms > RETRY_AFTER_MAX_MS ? undefined : Math.ceil(ms / 1000)
}

/** What is nested deeper is no answer: whoever compared it, or wrote it again, would run out of stack. */
const DEPTH_MAX = 100

function parseJson (text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isWithin(value, DEPTH_MAX) ? value : undefined
  } catch {
    return undefined
  }
}

function isWithin (value: unknown, depth: number): boolean {
  return typeof value !== 'object' || value === null || (depth > 0 && Object.values(value).every(inner => isWithin(inner, depth - 1)))
}
