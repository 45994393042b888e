// Looks at a task with the token that made it, and with others where that one is refused or gone.
import type { LookOutcome, TaskAddress, UpstreamRefusal } from '../flows/upstream.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { TaskBody } from '../ledger/task.ts'
import type { Caller } from './caller.ts'
import type { Credentials } from './credentials.ts'
import type { Answer } from './exchange.ts'
import { Heirs } from './heirs.ts'
import { readRefusal } from './reply.ts'
import type { Credential, Use } from './token-place.ts'

/** What a look brought, and who looked: nobody, if all who were asked say that they have no such task. Without a refusal and a body there was no answer at all. */
export type Sight = { credential: Credential | undefined, outcome: LookOutcome, refusal: UpstreamRefusal | undefined }

export interface TaskFinder {
  /** Looks at a task. Only what its own token says may mean that it is missing: another account's 404 proves nothing. */
  find (address: TaskAddress): Promise<Sight>
  /** Looks for somebody else than its own token who sees a task. */
  findHeir (address: TaskAddress, than: Credential | undefined): Promise<Sight>
}

export type TaskFinderOptions = {
  caller: Caller
  pool: Credentials
  /** the task of an answer, if there is one to be read */
  taskIn: (answer: Answer) => { taskId: TaskId, body: TaskBody } | undefined
}

export function taskFinder ({ caller, pool, taskIn }: TaskFinderOptions): TaskFinder {
  const heirs = new Heirs()

  async function lookWith (credential: Credential, { path, taskId, traceparent }: TaskAddress): Promise<Sight> {
    const use = pool.use(credential)
    const sent = await caller.call({ method: 'GET', path: `${path}/${taskId}`, use, traceparent })
    if (sent.kind !== 'answered') return { credential, outcome: { kind: 'failed', cause: sent.cause }, refusal: undefined }
    const task = taskIn(sent.answer)
    if (task?.taskId === taskId) return { credential, outcome: { kind: 'seen', body: task.body }, refusal: undefined }
    const refusal = readRefusal(sent.answer)
    if (task !== undefined) return { credential, outcome: { kind: 'failed', cause: new Error('the answer is about another task') }, refusal }
    noteRefusal(use, refusal, pool.isRetired(credential))
    if (refusal.status === 404 && refusal.ownShape) return { credential, outcome: { kind: 'missing' }, refusal }
    return { credential, outcome: { kind: 'failed', cause: new Error(`status ${refusal.status} without a readable task`), retryAfterS: refusal.retryAfterS }, refusal }
  }

  async function findHeir (address: TaskAddress, than: Credential | undefined): Promise<Sight> {
    const whose = address.credential ?? `task ${address.taskId}`
    let unclear: Sight | undefined
    for (const candidate of heirs.candidates(whose, pool.others(than))) {
      const sight = await lookWith(candidate, address)
      if (sight.outcome.kind === 'seen') heirs.found(whose, candidate)
      // Where nobody answers the next one is not answered either.
      if (sight.outcome.kind === 'seen' || sight.refusal === undefined) return sight
      if (![401, 403, 404].includes(sight.refusal.status)) unclear = sight
    }
    return unclear ?? { credential: undefined, outcome: { kind: 'failed', cause: new Error('no token that was tried shows the task, and the one that made it is refused or gone') }, refusal: undefined }
  }

  return {
    findHeir,

    async find (address) {
      const own = pool.own(address.credential)
      if (own === undefined) return findHeir(address, undefined)
      const sight = await lookWith(own, address)
      if (!isLocked(sight.refusal?.status, pool.isRetired(own))) return sight
      pool.refresh()
      const other = await findHeir(address, own)
      return other.outcome.kind === 'seen' ? other : sight
    }
  }
}

/** Whether a token may not even look or remove any more, as it seems. A 403 may be about the call, but not to a token that is gone. */
export function isLocked (status: number | undefined, isRetired: boolean): boolean {
  return status === 401 || (status === 403 && isRetired)
}

/** A look, or a removal, that a token may not make: a create would not be welcome either. */
export function noteRefusal (use: Use, { status, retryAfterS }: UpstreamRefusal, isRetired: boolean): void {
  if (isLocked(status, isRetired) || status === 402 || status === 429) use.refused({ status, retryAfterS })
}
