// Calls MuleRouter: the gateway's own token goes in, and what happened on the wire comes out.
import type { Probe, RemoveOutcome, SubmitOutcome, Submission, TaskAddress, Upstream, UpstreamRefusal } from '../flows/upstream.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { Live } from '../kernel/live.ts'
import type { Log } from '../kernel/log.ts'
import type { Secret } from '../kernel/secret.ts'
import type { TaskBody, TaskStatus } from '../ledger/task.ts'
import { openCaller, type CallerOptions } from './caller.ts'
import { credentials, type TokenState } from './credentials.ts'
import { headerOf, isSuccess, type Answer } from './exchange.ts'
import { isLocked, noteRefusal, taskFinder } from './find-task.ts'
import { readRefusal, readRemoved, readTask } from './reply.ts'
import type { Credential, Use } from './token-place.ts'

export type MuleRouterOptions = CallerOptions & {
  /** the pool; asked for at each call */
  tokens: Live<readonly Secret[]>
  /** what a 500, 502 or 503 in the provider's own error shape means for money */
  on5xx: 'refused' | 'unknown'
  log: Log
  /** is told of every status word that nobody knows */
  noticeUnknownWord?: ((word: string) => void) | undefined
}

export type MuleRouter = Upstream & {
  /** how the tokens are doing, for whoever measures */
  tokens (): TokenState[]
  close (): Promise<void>
}

/** An id that no task has. */
const NO_TASK = '00000000-0000-0000-0000-000000000000'

type Unknown = { kind: 'unknown', cause: Error }

export function muleRouter (options: MuleRouterOptions): MuleRouter {
  const caller = openCaller(options)
  const pool = credentials(options)
  const finder = taskFinder({ caller, pool, taskIn })

  /** A refusal in words that do not repeat what must stay secret, should upstream ever quote it. */
  function refusalIn (answer: Answer): UpstreamRefusal {
    const { title, detail, ...facts } = readRefusal(answer)
    return { ...facts, title: title === undefined ? undefined : pool.scrub(title), detail: detail === undefined ? undefined : pool.scrub(detail) }
  }

  /** The task of an answer, if there is one to be read. */
  function taskIn (answer: Answer, without: { statusless?: TaskStatus } = {}): { taskId: TaskId, body: TaskBody } | undefined {
    const task = isSuccess(answer) ? readTask(answer, without) : undefined
    if (task === undefined) return undefined
    const { taskId, body, unknownWord } = task
    if (unknownWord !== undefined) options.noticeUnknownWord?.(pool.scrub(unknownWord))
    return { taskId, body }
  }

  async function submitWith (use: Use, { path, body, traceparent, notAfterMs }: Submission): Promise<SubmitOutcome> {
    const sent = await caller.call({ method: 'POST', path, use, traceparent, body: JSON.stringify(body), notAfterMs })
    const { fingerprint } = use.credential
    if (sent.kind === 'unsent') return sent
    if (sent.kind === 'unknown') return { ...sent, credential: fingerprint }
    const { answer } = sent
    if (!isSuccess(answer)) {
      const open = unanswered(answer, options.on5xx)
      if (open !== undefined) return { ...open, credential: fingerprint }
      const refusal = refusalIn(answer)
      // A 403 may be about this create: it does not keep a token that was taken away meanwhile from its tasks.
      if (refusesTheToken(refusal) && !(refusal.status === 403 && pool.isRetired(use.credential))) use.refused(refusal)
      return { kind: 'refused', refusal }
    }
    // Its id alone says that it was accepted.
    const task = taskIn(answer, { statusless: 'pending' })
    if (task === undefined) return { kind: 'unknown', cause: new Error(`status ${answer.status} without a readable task`), credential: fingerprint }
    use.welcomed()
    return { kind: 'accepted', status: answer.status, ...task, credential: fingerprint, traceparent: headerOf(answer, 'traceparent') }
  }

  async function removeWith (credential: Credential, { path, taskId, traceparent }: TaskAddress): Promise<RemoveOutcome> {
    const use = pool.use(credential)
    const sent = await caller.call({ method: 'DELETE', path: `${path}/${taskId}`, use, traceparent })
    if (sent.kind !== 'answered') return sent
    const { answer } = sent
    if (isSuccess(answer)) {
      const body = readRemoved(answer, taskId)
      return body === undefined ? { kind: 'unknown', cause: new Error(`status ${answer.status} that does not say that the task was deleted`) } : { kind: 'deleted', body }
    }
    const open = unanswered(answer, options.on5xx)
    if (open !== undefined) return open
    const refusal = refusalIn(answer)
    noteRefusal(use, refusal, pool.isRetired(credential))
    return { kind: 'refused', refusal }
  }

  /** Only who sees the task now may remove it for a token that cannot. */
  async function removeWithHeir (address: TaskAddress, than: Credential | undefined, otherwise: RemoveOutcome): Promise<RemoveOutcome> {
    const { credential, outcome } = await finder.findHeir(address, than)
    if (outcome.kind === 'seen' && credential !== undefined) return removeWith(credential, address)
    // No usable answer: nothing was removed, and later somebody may.
    return credential === undefined || outcome.kind !== 'failed' ? otherwise : { kind: 'unsent', cause: outcome.cause }
  }

  return {
    async submit (submission) {
      const use = pool.choose()
      const outcome = await submitWith(use, submission)
      if (outcome.kind !== 'refused' || !refusesTheToken(outcome.refusal)) return outcome
      if (outcome.refusal.status === 401) pool.refresh()
      const other = pool.other(use)
      if (other === undefined) return outcome
      const further = await submitWith(other, submission)
      // Of two tokens that are both refused, the one is told of that a later try may be welcome with.
      const isWorse = outcome.refusal.status === 429 && further.kind === 'refused' && refusesTheToken(further.refusal) && further.refusal.status !== 429
      return isWorse ? outcome : further
    },

    async look (address) { return (await finder.find(address)).outcome },

    async remove (address) {
      const own = pool.own(address.credential)
      if (own === undefined) return removeWithHeir(address, undefined, NOBODYS_TASK)
      const removed = await removeWith(own, address)
      if (removed.kind !== 'refused' || !isLocked(removed.refusal.status, pool.isRetired(own))) return removed
      pool.refresh()
      return removeWithHeir(address, own, removed)
    },

    async probe ({ path, traceparent }) {
      return Promise.all(pool.all().map(async (credential): Promise<Probe> => {
        const { fingerprint } = credential
        const sent = await caller.call({ method: 'GET', path: `${path}/${NO_TASK}`, use: pool.use(credential), traceparent })
        if (sent.kind !== 'answered') return { kind: 'unreachable', credential: fingerprint, cause: sent.cause }
        const { status, ownShape } = readRefusal(sent.answer)
        if (isSuccess(sent.answer) || (status === 404 && ownShape)) return { kind: 'welcome', credential: fingerprint }
        if (status >= 400 && status < 500 && ownShape) return { kind: 'refused', credential: fingerprint, status }
        return { kind: 'unreachable', credential: fingerprint, cause: new Error(`status ${status} without a readable answer`) }
      }))
    },

    tokens: pool.states,
    close: caller.close
  }
}

/** No token of the pool shows the task, and the one that made it is gone: as if MuleRouter had refused the gateway, which an operator must mend. */
const NOBODYS_TASK: RemoveOutcome = {
  kind: 'refused',
  refusal: { status: 401, ownShape: false, title: undefined, detail: undefined, errorCode: undefined, retryAfterS: undefined }
}

/** A definitive no to this very token: nothing was started, and another token may be welcome. */
function refusesTheToken ({ status }: UpstreamRefusal): boolean { return [401, 402, 403, 429].includes(status) }

/** The answers that leave open whether the call took effect: a timeout on their side, or a 5xx that is not clearly theirs. */
function unanswered (answer: Answer, on5xx: 'refused' | 'unknown'): Unknown | undefined {
  const { status } = answer
  const unknown: Unknown = { kind: 'unknown', cause: new Error(`status ${status}`) }
  if (status === 408) return unknown
  if (status < 500) return undefined
  const definitive = [500, 502, 503].includes(status) && on5xx === 'refused' && readRefusal(answer).ownShape
  return definitive ? undefined : unknown
}
