// The gateway's own stories over a real Redis, on a clock that is moved, before an upstream that does what the plan says.
import { randomBytes } from 'node:crypto'
import { catalog } from '../../src/catalog/catalog.ts'
import { builtInPrices } from '../../src/catalog/prices.ts'
import { openDebts } from '../../src/flows/debts.ts'
import { LostAnswers } from '../../src/flows/lost-answer.ts'
import { readTask } from '../../src/flows/read-task.ts'
import { Refusal } from '../../src/flows/refusals.ts'
import { submitTask } from '../../src/flows/submit-task.ts'
import { tendTask } from '../../src/flows/tend-task.ts'
import type { LookOutcome, SubmitOutcome, Upstream } from '../../src/flows/upstream.ts'
import { verifyLedger } from '../../src/flows/verify-ledger.ts'
import type { TaskId } from '../../src/kernel/ids.ts'
import { constant } from '../../src/kernel/live.ts'
import { Running } from '../../src/kernel/running.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { keepingOf } from '../../src/ledger/keeping.ts'
import { openRedisStore } from '../../src/stores/redis/open.ts'
import type { Caller } from '../../src/teams/directory.ts'
import type { Team } from '../../src/teams/team.ts'
import type { ManualClock } from '../../test/support/manual-clock.ts'
import { silentLog } from '../../test/support/silent-log.ts'
import { insist } from '../side-by-side.ts'
import { DAY_MS, TICK_MS, type PlannedCreate } from './plan.ts'

/** What came of a create: upstream's id, or the code of a refusal. */
export type Answer = { kind: 'accepted', taskId: TaskId, replayed: boolean } | { kind: 'refused', code: string }

export type Gateway = Awaited<ReturnType<typeof openGateway>>

const UPSTREAM_TIMEOUT_MS = 30_000
const SWEEP_AT_ONCE = 500
const LEASE_MS = 35_000
const VIDEO = `https://media.mulerouter.example/ephemeral/result_00.mp4?Expires=1795435292&Signature=${randomBytes(300).toString('base64url')}`

/** @param plan what upstream will do with the create of this number, which is its seed */
export async function openGateway (url: string, clock: ManualClock, plan: (number: number) => PlannedCreate) {
  const [endpoint] = catalog
  if (endpoint === undefined) throw new Error('there is a model')
  const rules = { chargeFailedTasks: false, unknownHoldMs: DAY_MS, unknownHoldEnd: 'spent' as const, taskDeadlineMs: DAY_MS }
  const keeps = { rules, taskRetentionMs: 30 * DAY_MS, usageRetentionMs: 400 * DAY_MS }
  const store = await openRedisStore({
    ...keeps,
    address: { url: constant(new Secret(url)), cluster: false, sentinels: undefined, tlsCa: undefined, keyPrefix: 'mg' },
    clock,
    storeClock: clock,
    log: silentLog,
    idempotencyTtlMs: DAY_MS,
    statusMaxAgeMs: 3000,
    lookLeaseMs: LEASE_MS
  })
  const upstream = plannedUpstream(clock, plan)
  const { ledger, directory, audit } = store
  const running = new Running()
  const debts = openDebts({ log: silentLog })
  const submitting = { ledger, directory, debts, lostAnswers: new LostAnswers({ ledger, debts, running }), running, upstream, prices: builtInPrices, clock, upstreamTimeoutMs: UPSTREAM_TIMEOUT_MS, logPrompts: false }
  const { signal: gone } = new AbortController()

  return {
    ...store,
    upstream,

    async create ({ caller, named }: PlannedCreate, number: number): Promise<Answer> {
      const body = { prompt: `video ${number}`, size: '832*480', seed: number }
      const idempotencyKey = named ? `call-${number}-of-a-service` : undefined
      try {
        const { taskId, replayed } = await insist(() => submitTask(submitting, { caller, endpoint, body, idempotencyKey, traceparent: '', trace: null, gone, log: silentLog }))
        return { kind: 'accepted', taskId, replayed }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return { kind: 'refused', code: error.code }
      }
    },

    /** @returns its status */
    async read (caller: Caller, taskId: TaskId): Promise<string> {
      const { body } = await insist(() => readTask({ ...submitting }, { caller, endpoint, taskId, traceparent: '', log: silentLog }))
      return body.task_info.status
    },

    /** What the sweep does in a round. @returns at how many tasks it looked */
    async sweep (): Promise<number> {
      const due = await insist(() => ledger.claimDue(SWEEP_AT_ONCE, LEASE_MS))
      await Promise.all(due.map(task => insist(() => tendTask({ ledger, upstream, clock, log: silentLog, catalog, rules }, task))))
      return due.length
    },

    verify: (team: Team) => insist(() => verifyLedger({ ledger, directory, audit, clock, keeping: keepingOf(keeps) }, team))
  }
}

/** Counts what it was asked. */
function plannedUpstream (clock: ManualClock, plan: (number: number) => PlannedCreate) {
  const begun = new Map<TaskId, { number: number, atMs: number }>()
  let looks = 0

  async function submit ({ body }: { body: Readonly<Record<string, unknown>> }): Promise<SubmitOutcome> {
    const number = Number(body['seed'])
    const { fate } = plan(number)
    switch (fate) {
      case 'refused': return { kind: 'refused', refusal: { status: 400, ownShape: true, title: 'Invalid', detail: 'The prompt is refused.', errorCode: 2001, retryAfterS: undefined } }
      case 'unsent': return { kind: 'unsent', cause: new Error('nobody listens') }
      case 'unknown': return { kind: 'unknown', cause: new Error('the connection broke'), credential: 'c0ffee00' }
    }
    const taskId = `${String(number).padStart(8, '0')}-7f2c-4b1e-9a55-0123456789ab` as TaskId
    begun.set(taskId, { number, atMs: clock.nowMs() })
    return { kind: 'accepted', status: 202, taskId, credential: 'c0ffee00', body: { task_info: { id: taskId, status: 'pending', ...timesOf(clock.nowMs()) } }, traceparent: undefined }
  }

  async function look ({ taskId }: { taskId: TaskId }): Promise<LookOutcome> {
    looks++
    const task = begun.get(taskId)
    if (task === undefined) return { kind: 'missing' }
    const { fate, takesTicks } = plan(task.number)
    if (clock.nowMs() - task.atMs < takesTicks * TICK_MS) return { kind: 'seen', body: { task_info: { id: taskId, status: 'processing', ...timesOf(task.atMs) } } }
    if (fate === 'failed') return { kind: 'seen', body: { task_info: { id: taskId, status: 'failed', ...timesOf(task.atMs), error: { code: 5000, title: 'Failed', detail: 'The video could not be made.' } } } }
    return { kind: 'seen', body: { task_info: { id: taskId, status: 'completed', ...timesOf(task.atMs) }, videos: [VIDEO] } }
  }

  const nothing: Pick<Upstream, 'remove' | 'probe'> = {
    async remove () { return { kind: 'unsent', cause: new Error('nobody deletes') } },
    async probe () { return [] }
  }
  return { submit, look, ...nothing, begun, get looks () { return looks } }
}

function timesOf (atMs: number): { created_at: string, updated_at: string } {
  const at = `${new Date(atMs).toISOString().slice(0, -1)}134+00:00`
  return { created_at: at, updated_at: at }
}
