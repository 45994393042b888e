// What a store must offer to be put to the contract, and a bench on which tests use it without ceremony.
import { newTaskRef, type TaskId, type TaskRef, type TeamId } from '../../src/kernel/ids.ts'
import type { Page, PageQuery } from '../../src/kernel/page.ts'
import type { Scope } from '../../src/ledger/counter.ts'
import type { Standing } from '../../src/ledger/admission.ts'
import { fingerprintOf } from '../../src/ledger/fingerprint.ts'
import type { Found, Ledger, Order, Transition } from '../../src/ledger/ledger.ts'
import { endedByTime } from '../../src/ledger/schedule.ts'
import type { AuditTrail } from '../../src/ledger/audit.ts'
import type { WebhookOutbox } from '../../src/ledger/outbox.ts'
import type { UsageQuery, UsageRow } from '../../src/ledger/report.ts'
import type { ObservedTask, Resolution, SettlementRules, Task, TaskStatus } from '../../src/ledger/task.ts'
import type { ApiKey } from '../../src/teams/api-key.ts'
import type { Caller, TeamDirectory } from '../../src/teams/directory.ts'
import type { Limits, QuotaPeriod, QuotaUnit } from '../../src/teams/limits.ts'
import type { Team } from '../../src/teams/team.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { accepted, newTaskId, wholeBody } from '../support/tasks.ts'
import { aKey, aTeam } from '../support/teams.ts'

/** How every ledger under test is set up. */
export const STATUS_MAX_AGE_MS = 3000
export const LOOK_LEASE_MS = 35_000
export const IDEMPOTENCY_TTL_MS = 86_400_000
export const UNKNOWN_HOLD_MS = 86_400_000
export const TASK_DEADLINE_MS = 86_400_000
export const TASK_RETENTION_MS = 30 * 86_400_000
/** Longer than any history. */
export const USAGE_RETENTION_MS = 10 * 365 * 86_400_000
export const ADMIT_WITHIN_MS = 1000
export const SUBMIT_WITHIN_MS = 65_000

/** A ledger and its directory with nothing in them that another test could see. */
export type OpenLedger = {
  ledger: Ledger
  directory: TeamDirectory
  outbox: WebhookOutbox
  audit: AuditTrail
  /** the gateway's clock, at 2026-11-22T12:00:00Z when the ledger is opened */
  clock: ManualClock
  /** Lets time pass: on the gateway's clock, and on the store's own if it has one. */
  pass (ms: number): Promise<void>
  /** Lets a long time pass: as `pass`, and what is kept for some time only has had it. */
  age (ms: number): Promise<void>
  /** Closes, and opens the same data as the next start of the gateway would find it, with the same clock. */
  reopen (): Promise<OpenLedger>
  /** Closes, and removes all data. */
  close (): Promise<void>
}

/** Opens a fresh ledger with the two times above. */
export type Open = (rules: SettlementRules) => Promise<OpenLedger>

export const MODEL = 'alibaba/wan2.2-t2v-plus'
export const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
export const PRICE_MICROS = 500_000
export const REFUND_FAILED: SettlementRules = { chargeFailedTasks: false, unknownHoldMs: UNKNOWN_HOLD_MS, unknownHoldEnd: 'spent', taskDeadlineMs: TASK_DEADLINE_MS }
export const CHARGE_FAILED: SettlementRules = { ...REFUND_FAILED, chargeFailedTasks: true }

export type CallerSettings = { team?: Partial<Team>, key?: Partial<ApiKey> }
/** Each order has a prompt of its own, unless the test says otherwise. */
export type OrderSettings = { priceMicros?: number, model?: string, idempotencyKey?: string, prompt?: string, trace?: string | null }
export type Begun = { order: Order, ref: TaskRef, taskId: TaskId }

/** What tests do with a ledger. Whoever makes the bench closes it. */
export function benchOf (fresh: OpenLedger) {
  let opened = fresh

  /** An order that is not yet admitted. */
  function order (caller: Caller, { priceMicros = PRICE_MICROS, model = MODEL, idempotencyKey, prompt, trace = TRACE }: OrderSettings = {}): Order {
    const ref = newTaskRef(caller.team.id)
    const nowMs = opened.clock.nowMs()
    return {
      ref,
      caller,
      model,
      priceMicros,
      fingerprint: fingerprintOf(model, { prompt: prompt ?? `cat ${ref}` }),
      idempotencyKey,
      trace,
      orderedAtMs: nowMs,
      notAfterMs: nowMs + ADMIT_WITHIN_MS,
      submitDeadlineMs: nowMs + SUBMIT_WITHIN_MS
    }
  }

  /** Admits an order. @throws if it is not admitted */
  async function admit (caller: Caller, settings?: OrderSettings): Promise<Order> {
    const wanted = order(caller, settings)
    const { kind } = await opened.ledger.admit(wanted)
    if (kind !== 'admitted') throw new Error(`not admitted: ${kind}`)
    return wanted
  }

  async function observe (ref: TaskRef, seen: ObservedTask | Resolution): Promise<Transition> {
    const task = await opened.ledger.read(ref)
    if (task === undefined) throw new Error('the task is not in the ledger')
    return opened.ledger.observe(task, seen)
  }

  return {
    get ledger () { return opened.ledger },
    get directory () { return opened.directory },
    get outbox () { return opened.outbox },
    get audit () { return opened.audit },
    get clock () { return opened.clock },
    order,
    admit,

    async pass (ms: number): Promise<void> { await opened.pass(ms) },
    async age (ms: number): Promise<void> { await opened.age(ms) },
    async reopen (): Promise<void> { opened = await opened.reopen() },
    async close (): Promise<void> { await opened.close() },

    /** A new team with one key, both in the directory. */
    async caller (settings: CallerSettings = {}): Promise<Caller> {
      const team = aTeam(settings.team)
      const key = aKey(team, settings.key)
      await opened.directory.createTeam(team)
      await opened.directory.createKey(key)
      return { team, key }
    },

    /** The same team with another new key. */
    async colleague ({ team }: Caller, settings: Partial<ApiKey> = {}): Promise<Caller> {
      const key = aKey(team, settings)
      await opened.directory.createKey(key)
      return { team, key }
    },

    /** Changes team or key as an admin would. @returns the caller as it is read afterwards */
    async change ({ team, key }: Caller, settings: CallerSettings): Promise<Caller> {
      const nextTeam = settings.team === undefined ? team : { ...team, ...settings.team, version: team.version + 1 }
      const nextKey = settings.key === undefined ? key : { ...key, ...settings.key, version: key.version + 1 }
      if (nextTeam !== team && !await opened.directory.replaceTeam(nextTeam)) throw new Error('the team was changed meanwhile')
      if (nextKey !== key && !await opened.directory.replaceKey(nextKey)) throw new Error('the key was changed meanwhile')
      return { team: nextTeam, key: nextKey }
    },

    /** Admits as many orders as the ledger does, at most `attempts`. @returns how many */
    async admitMany (caller: Caller, attempts: number, settings?: OrderSettings): Promise<number> {
      const admissions = await Promise.all(Array.from({ length: attempts }, () => opened.ledger.admit(order(caller, settings))))
      return admissions.filter(({ kind }) => kind === 'admitted').length
    },

    /** Admits a task that upstream accepts. */
    async begin (caller: Caller, settings?: OrderSettings): Promise<Begun> {
      const admitted = await admit(caller, settings)
      const taskId = newTaskId()
      await opened.ledger.resolve(admitted, accepted('pending', taskId))
      return { order: admitted, ref: admitted.ref, taskId }
    },

    /** Upstream was seen to say this of the task. */
    see (ref: TaskRef, status: TaskStatus): Promise<Transition> { return observe(ref, { kind: 'status', body: wholeBody(status) }) },

    /** Whoever ordered it has gone unanswered. */
    lose ({ ref, caller: { team, key }, fingerprint }: Order): Promise<void> { return opened.ledger.lose({ ref, team: team.id, keyId: key.id, fingerprint }) },

    /** Does what time alone does about so many tasks that are due. @returns the steps that changed something */
    async settleOverdue (count: number): Promise<Transition[]> {
      const steps: Transition[] = []
      for (const task of await opened.ledger.claimDue(count, LOOK_LEASE_MS)) {
        const ended = endedByTime(task, opened.clock.nowMs(), REFUND_FAILED)
        if (ended !== undefined) steps.push(await opened.ledger.observe(task, ended))
      }
      return steps.filter(({ before, after }) => before.state !== after.state || before.money !== after.money)
    },

    /** Something was learnt of a task. */
    observe,

    /** A task as its team finds it. @returns undefined if it is not there @throws if the caller is stale */
    async find (caller: Caller, taskId: TaskId): Promise<Extract<Found, { kind: 'found' }> | undefined> {
      const found = await opened.ledger.find(caller, taskId)
      if (found.kind === 'stale') throw new Error('team or key were changed meanwhile')
      return found.kind === 'found' ? found : undefined
    },

    /** All tasks of a team, newest first. */
    tasks (team: TeamId): Promise<Task[]> { return everything(query => opened.ledger.list({ ...query, team })) },

    async task ({ caller, ref }: Order): Promise<Task> {
      const found = (await everything(query => opened.ledger.list({ ...query, team: caller.team.id }))).find(task => task.ref === ref)
      if (found === undefined) throw new Error('the task is not in the ledger')
      return found
    },

    /** Rows of the daily report in which there is anything. */
    async usage (query: Omit<UsageQuery, 'mode'> & Partial<UsageQuery>): Promise<UsageRow[]> {
      const rows = await Array.fromAsync(opened.ledger.usage({ mode: 'live', ...query }))
      return rows.filter(({ tasks }) => tasks !== 0)
    }
  }
}

export type Bench = ReturnType<typeof benchOf>

/** All rows of a list, page by page. */
export async function everything<Row> (list: (query: PageQuery) => Promise<Page<Row>>, limit = 100): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const page: Page<Row> = await list({ limit, cursor })
    rows.push(...page.rows)
    cursor = page.nextCursor
  } while (cursor !== null)
  return rows
}

/** Settings of a caller of whom one account, the team's or the key's, has these limits. */
export function limiting (scope: Scope, limits: Partial<Limits>): CallerSettings {
  return { [scope]: { limits: { quotas: [], ...limits } } }
}

/** Settings of a caller of whom one account has this quota. */
export function quota (scope: Scope, per: QuotaPeriod, unit: QuotaUnit, limit: number): CallerSettings {
  return limiting(scope, { quotas: [{ per, unit, limit }] })
}

/** A standing in short: what the limit is, and how much of it is used and held. */
export function figuresOf ({ scope, unit, window, limit, used, held }: Standing): object {
  return { scope, per: window.per, unit, limit, used, held }
}
