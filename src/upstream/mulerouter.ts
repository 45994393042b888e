// Calls MuleRouter: the gateway's own token goes in, and what happened on the wire comes out.
import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import type { Probe, SubmitOutcome, Submission, Upstream, UpstreamRefusal } from '../flows/upstream.ts'
import type { Clock } from '../kernel/clock.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import { ownTraceparent } from '../kernel/traceparent.ts'
import type { TaskBody } from '../ledger/task.ts'
import { openBreaker } from './breaker.ts'
import { credentials, type Credential, type TokenStanding } from './credentials.ts'
import { exchange, headerOf, type Answer, type Exchange } from './exchange.ts'
import { readRefusal, readRemoved, readTask } from './reply.ts'
import { slots } from './slots.ts'

export type MuleRouterOptions = {
  baseUrl: URL
  tokens: readonly Secret[]
  /** egress proxy, used for an https upstream */
  proxyUrl: Secret | undefined
  /** deadline of one call, the waiting for a place not included */
  timeoutMs: number
  /** calls at a time */
  connections: number
  /** what a 500, 502 or 503 in the provider's own error shape means for money */
  on5xx: 'refused' | 'unknown'
  clock: Clock
  /** is told of every status word that nobody knows */
  noticeUnknownWord?: ((word: string) => void) | undefined
}

export type MuleRouter = Upstream & {
  /** which of the tokens rest; they are named by their fingerprints */
  tokens (): TokenStanding[]
  close (): Promise<void>
}

const SLOT_WAIT_MS = 2000
const CONNECT_TIMEOUT_MS = 5000
// Short, so that a connection which the other side closes when idle does not become an unknown outcome.
const KEEP_ALIVE_MS = 4000

/** An id that no task has. */
const NO_TASK = '00000000-0000-0000-0000-000000000000'

/** How long a token rests that was refused, if the refusal does not say. */
const REST_MS = 60_000

type Unknown = { kind: 'unknown', cause: Error }
type Call = { method: 'GET' | 'POST' | 'DELETE', path: string, credential: Credential, traceparent: string | undefined, body?: string }

export function muleRouter (options: MuleRouterOptions): MuleRouter {
  const { baseUrl: { origin }, timeoutMs } = options
  const dispatcher = openDispatcher(options)
  const pool = credentials(options.tokens, options.clock)
  const breaker = openBreaker(options.clock)
  const places = slots(options.connections, SLOT_WAIT_MS)

  async function call ({ method, path, credential, traceparent, body }: Call): Promise<Exchange> {
    if (!breaker.allows()) return { kind: 'unsent', cause: new Error('the last calls could not be sent either, the next one is tried in a second') }
    if (!await places.enter()) return { kind: 'unsent', cause: new Error(`no free place within ${SLOT_WAIT_MS} ms`) }
    const headers: Record<string, string> = {
      authorization: `Bearer ${credential.token.reveal()}`, accept: 'application/json', 'user-agent': 'mulegate', traceparent: traceparent ?? ownTraceparent()
    }
    if (body !== undefined) headers['content-type'] = 'application/json'
    try {
      const result = await exchange(dispatcher, { origin, method, path, headers, body: body ?? null }, timeoutMs)
      breaker.record(result.kind !== 'unsent')
      return result
    } finally {
      places.leave()
    }
  }

  /** A refusal in words that do not repeat what must stay secret, should upstream ever quote it. */
  function refusalIn (answer: Answer): UpstreamRefusal {
    const scrub = (words: string | undefined): string | undefined =>
      options.tokens.reduce((text, token) => text?.replaceAll(token.reveal(), String(token)), words)
    const { title, detail, ...facts } = readRefusal(answer)
    return { ...facts, title: scrub(title), detail: scrub(detail) }
  }

  /** The task of an answer, if there is one to be read. */
  function taskIn (answer: Answer): { taskId: TaskId, body: TaskBody } | undefined {
    const task = isSuccess(answer) ? readTask(answer) : undefined
    if (task === undefined) return undefined
    const { taskId, body, unknownWord } = task
    if (unknownWord !== undefined) options.noticeUnknownWord?.(unknownWord)
    return { taskId, body }
  }

  async function submitWith (credential: Credential, { path, body, traceparent }: Submission): Promise<SubmitOutcome> {
    const sent = await call({ method: 'POST', path, credential, traceparent, body: JSON.stringify(body) })
    const { fingerprint } = credential
    if (sent.kind === 'unsent') return sent
    if (sent.kind === 'unknown') return { ...sent, credential: fingerprint }
    const { answer } = sent
    if (!isSuccess(answer)) {
      const open = unanswered(answer, options.on5xx)
      if (open !== undefined) return { ...open, credential: fingerprint }
      const refused: SubmitOutcome = { kind: 'refused', refusal: refusalIn(answer) }
      if (refusesTheToken(refused)) pool.rest(credential, refused.refusal.retryAfterS === undefined ? REST_MS : refused.refusal.retryAfterS * 1000)
      return refused
    }
    const task = taskIn(answer)
    if (task === undefined) return { kind: 'unknown', cause: new Error(`status ${answer.status} without a readable task`), credential: fingerprint }
    return { kind: 'accepted', status: answer.status, ...task, credential: fingerprint, traceparent: headerOf(answer, 'traceparent') }
  }

  return {
    async submit (submission) {
      const credential = pool.choose()
      const outcome = await submitWith(credential, submission)
      const other = refusesTheToken(outcome) ? pool.other(credential) : undefined
      return other === undefined ? outcome : submitWith(other, submission)
    },

    async look ({ path, taskId, credential, traceparent }) {
      const sent = await call({ method: 'GET', path: `${path}/${taskId}`, credential: pool.of(credential), traceparent })
      if (sent.kind !== 'answered') return { kind: 'failed', cause: sent.cause }
      const task = taskIn(sent.answer)
      if (task === undefined) {
        const { status, ownShape, retryAfterS } = readRefusal(sent.answer)
        // Another account's "no such task" proves nothing, nor does a proxy's.
        if (status === 404 && ownShape && pool.has(credential)) return { kind: 'missing' }
        return { kind: 'failed', cause: new Error(`status ${status} without a readable task`), retryAfterS }
      }
      if (task.taskId !== taskId) return { kind: 'failed', cause: new Error('the answer is about another task') }
      return { kind: 'seen', body: task.body }
    },

    async remove ({ path, taskId, credential, traceparent }) {
      const sent = await call({ method: 'DELETE', path: `${path}/${taskId}`, credential: pool.of(credential), traceparent })
      if (sent.kind !== 'answered') return sent
      const { answer } = sent
      if (!isSuccess(answer)) return unanswered(answer, options.on5xx) ?? { kind: 'refused', refusal: refusalIn(answer) }
      const body = readRemoved(answer) ?? { task_id: taskId, deleted_at: new Date().toISOString() }
      return { kind: 'deleted', body }
    },

    async probe ({ path, traceparent }) {
      return Promise.all(pool.all.map(async (credential): Promise<Probe> => {
        const { fingerprint } = credential
        const sent = await call({ method: 'GET', path: `${path}/${NO_TASK}`, credential, traceparent })
        if (sent.kind !== 'answered') return { kind: 'unreachable', credential: fingerprint, cause: sent.cause }
        const { status, ownShape } = readRefusal(sent.answer)
        if (isSuccess(sent.answer) || (status === 404 && ownShape)) return { kind: 'welcome', credential: fingerprint }
        if (status >= 400 && status < 500 && ownShape) return { kind: 'refused', credential: fingerprint, status }
        return { kind: 'unreachable', credential: fingerprint, cause: new Error(`status ${status} without a readable answer`) }
      }))
    },

    tokens: () => pool.standings(),

    // What is still under way ends here, without an answer.
    async close () { await dispatcher.destroy() }
  }
}

function openDispatcher ({ baseUrl, proxyUrl, connections }: MuleRouterOptions): Dispatcher {
  const settings = { connections, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS, connect: { timeout: CONNECT_TIMEOUT_MS } }
  if (proxyUrl === undefined || baseUrl.protocol !== 'https:') return new Agent(settings)
  return new ProxyAgent({ uri: proxyUrl.reveal(), ...settings, requestTls: settings.connect, proxyTls: settings.connect })
}

/** A definitive no to this very token: nothing was started, and another token may be welcome. */
function refusesTheToken (outcome: SubmitOutcome): boolean {
  return outcome.kind === 'refused' && [401, 402, 403, 429].includes(outcome.refusal.status)
}

function isSuccess ({ status }: Answer): boolean { return status >= 200 && status < 300 }

/** The answers that leave open whether the call took effect: a timeout on their side, or a 5xx that is not clearly theirs. */
function unanswered (answer: Answer, on5xx: 'refused' | 'unknown'): Unknown | undefined {
  const { status } = answer
  const unknown: Unknown = { kind: 'unknown', cause: new Error(`status ${status}`) }
  if (status === 408) return unknown
  if (status < 500) return undefined
  const definitive = [500, 502, 503].includes(status) && on5xx === 'refused' && readRefusal(answer).ownShape
  return definitive ? undefined : unknown
}
