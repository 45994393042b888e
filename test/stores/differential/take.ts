// Takes one step of a history on both ledgers.
import type { Order, TaskQuery, Transition } from '../../../src/ledger/ledger.ts'
import { endedByTime } from '../../../src/ledger/schedule.ts'
import type { ObservedTask, Resolution, TaskState } from '../../../src/ledger/task.ts'
import { unreachable } from '../../../src/kernel/unreachable.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { LOOK_LEASE_MS, REFUND_FAILED } from '../../contract/open-ledger.ts'
import type { Side } from './both.ts'
import { compareLists, turnPage, usageOf } from './compare.ts'
import type { Edge, Filter, Seen, Step, Who } from './steps.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

export async function take (world: World, step: Step): Promise<void> {
  const { both } = world
  switch (step.do) {
    case 'create': return admit(world, world.keep(world.make(step)))
    case 'order': {
      const order = world.keep(world.make(step))
      return both.note(`${world.nameOf(order)} is made: ${textOf(order)}`)
    }
    case 'preview': {
      const order = world.make(step)
      await both.same(`preview of ${textOf(order)}`, ({ ledger }) => ledger.preview(order))
      return
    }
    case 'wait': return wait(world, step.ms)
    case 'wait-for': return wait(world, edgeAfter(step.edge, world.caller({ who: step.who, stale: false }).team.timeZone, world.nowMs) + step.ms - world.nowMs)
    case 'settle-overdue': return settleOverdue(world, step.count)
    case 'limit': return change(world, step, ({ team, key }) => step.scope === 'team' ? { team: { ...team, limits: step.limits }, key } : { team, key: { ...key, limits: step.limits } })
    case 'move': return change(world, step, ({ team, key }) => ({ team: { ...team, timeZone: step.timeZone }, key }))
    case 'revoke': return change(world, step, ({ team, key }) => ({ team, key: { ...key, revokedAtMs: world.nowMs } }))
    case 'disable': return change(world, step, ({ team, key }) => ({ team: { ...team, disabled: !team.disabled }, key }))
    case 'rotate': {
      const { key } = world.caller({ who: step.who, stale: false })
      return world.addKey(key.team, key.limits, key.lineage)
    }
    case 'turn-page': return turnPage(world)
    case 'usage': {
      const query = { team: step.ofTeam ? world.caller({ who: step.who, stale: false }).team.id : undefined, fromDay: dayAfter(world, step.from), toDay: dayAfter(world, step.from + step.days) }
      await both.alike(`usage ${JSON.stringify(query)}`, ({ ledger }) => usageOf(ledger, query))
      return
    }
    case 'reopen': {
      // Not compared: both begin again twice, and a lost submission was taken over in between.
      if (world.orders.some(order => world.takenOver.has(order.ref) && world.taskOf(order, 0)?.state === 'submitting')) return
      // Not compared: a submission that was lost ten minutes ago is left behind.
      if (world.orders.some(order => world.taskOf(order, 0)?.state === 'submitting' && world.nowMs - (world.lostAtMs.get(order.ref) ?? world.nowMs) >= 600_000)) return
      for (const { ref } of world.orders) world.lostAtMs.set(ref, world.lostAtMs.get(ref) ?? world.nowMs)
      return both.reopen()
    }
  }

  const order = world.order(step.order, meantFor(step))
  if (order === undefined) return
  switch (step.do) {
    case 'admit': {
      // Not compared: an order that is admitted in a later minute than it was made in.
      if (Math.floor(order.orderedAtMs / MINUTE_MS) !== Math.floor(world.nowMs / MINUTE_MS) && world.nowMs <= order.notAfterMs) return
      return admit(world, order)
    }
    case 'resolve': {
      // Not compared: an id that upstream gave to two tasks of one team.
      if (step.as === 'shared') return
      const end = world.endOf(order, step.as)
      // Not compared: an order that has taken a lost one over is retracted, or ended as if it had begun.
      if (world.tookOver.has(order.ref)) return
      // Not compared: an order with an Idempotency-Key that was accepted and is not there.
      if ((end.kind === 'accepted' || end.kind === 'unknown') && order.idempotencyKey !== undefined && world.taskOf(order, 0) === undefined) return
      // Not compared: an order that was accepted, and then said to be accepted otherwise.
      if (end.kind === 'accepted' && world.idOf(order) !== undefined && world.idOf(order) !== end.taskId) return
      // Not compared: an order that was accepted, and then said to be refused or unsent.
      if ((end.kind === 'refused' || end.kind === 'unsent') && world.idOf(order) !== undefined) return
      world.learn(await both.same(`${world.nameOf(order)} ended as ${endText(end)}`, ({ ledger }) => ledger.resolve(order, end), transitionOf))
      return
    }
    case 'observe': return observe(world, order, step)
    case 'lose': {
      const { ref, caller: { team, key }, fingerprint } = order
      // Not compared: an order that is lost again after it was lost for ten minutes.
      if (world.nowMs - (world.lostAtMs.get(ref) ?? world.nowMs) >= 600_000) return
      // Not compared: an order whose hold was given back is lost, and turns up after all.
      const task = world.taskOf(order, 0)
      if (task?.state === 'unknown' && task.money === 'refunded') return
      world.lostAtMs.set(ref, world.lostAtMs.get(ref) ?? world.nowMs)
      await both.same(`the caller of ${world.nameOf(order)} goes away`, ({ ledger }) => ledger.lose({ ref, team: team.id, keyId: key.id, fingerprint }))
      return
    }
    case 'find': {
      const caller = world.caller(step)
      const taskId = world.idOf(order)
      if (taskId !== undefined) await both.same(`${callerText(caller)} asks for ${taskId}`, ({ ledger }) => ledger.find(caller, taskId))
      return
    }
    case 'list': return compareLists(world, { ...queryOf(world, step.filter, { caller: world.caller({ who: step.who, stale: false }), order }), limit: step.limit })
    case 'open-list': {
      const query = { ...queryOf(world, step.filter, { caller: world.caller({ who: step.who, stale: false }), order }), limit: step.limit, cursor: null }
      world.list = { query, cursors: new Map<Side, string | null>([['sqlite', null], ['redis', null]]) }
      return turnPage(world)
    }
    default: return unreachable(step)
  }
}

/** The states of the tasks that a step moves; others ignore it. */
function meantFor (step: Step): readonly TaskState[] | undefined {
  switch (step.do) {
    case 'resolve': return ['submitting', 'unknown']
    case 'lose': return ['submitting', 'unknown', 'pending', 'processing']
    case 'find': return ['pending', 'processing']
    case 'observe': return step.seen.kind === 'end' || step.seen.kind === 'decided' ? ['unknown'] : step.seen.kind === 'nothing' ? undefined : ['pending', 'processing']
    default: return undefined
  }
}

async function admit (world: World, order: Order): Promise<void> {
  const admission = await world.both.same(`${world.nameOf(order)} is to be admitted: ${textOf(order)}`, ({ ledger }) => ledger.admit(order))
  if (admission !== undefined && 'lost' in admission && admission.lost) {
    world.tookOver.add(order.ref)
    world.takenOver.add(admission.kind === 'replay' ? admission.task.ref : admission.ref)
  }
  if (admission?.kind === 'admitted') world.remember(await world.both.same(`${world.nameOf(order)} is read`, ({ ledger }) => ledger.read(order.ref)))
}

async function observe (world: World, order: Order, { seen, age }: { seen: Seen, age: number }): Promise<void> {
  const task = world.taskOf(order, age)
  if (task === undefined) return
  const observed = observedOf(world, order, seen)
  // Not compared: the acceptance of a task that is submitting is observed and not resolved.
  if (observed.kind === 'accepted' && world.taskOf(order, 0)?.state === 'submitting') return
  const asked = `of ${world.nameOf(order)}, as it was ${task.state} at revision ${task.revision}, is seen ${endText(observed)}`
  world.learn(await world.both.same(asked, ({ ledger }) => ledger.observe(task, observed), transitionOf))
}

/**
 * When the task was last looked at before the step, and when it was due next, is not compared: a look that brings nothing makes no revision,
 * so who knows the task's revision need not read it again, and tells the look that it knows.
 */
function transitionOf ({ before: { lookedAtMs, dueAtMs, ...before }, after }: Transition): object { return { before, after } }

function observedOf (world: World, order: Order, seen: Seen): ObservedTask | Resolution {
  switch (seen.kind) {
    case 'end': return world.endOf(order, seen.as === 'shared' ? 'pending' : seen.as)
    case 'status': return { kind: 'status', body: world.bodyOf(world.idOf(order), seen.as) }
    default: return seen
  }
}

/** As the job does it, a few at a time. Ledgers may choose in which order. */
async function settleOverdue (world: World, count: number): Promise<void> {
  const transitions = await world.both.same(`settles what is overdue, ${count} at a time`, async ({ ledger }) => {
    const settled: Transition[] = []
    while (true) {
      const due = await ledger.claimDue(count, LOOK_LEASE_MS)
      for (const task of due) {
        const ended = endedByTime(task, world.both.clock.nowMs(), REFUND_FAILED)
        if (ended !== undefined) settled.push(await ledger.observe(task, ended))
      }
      if (due.length < count) return settled.sort((one, other) => one.after.ref < other.after.ref ? -1 : 1)
    }
  })
  for (const transition of transitions ?? []) world.learn(transition)
}

/** Changes team or key as an admin would, perhaps one who has read them before others changed them. */
async function change (world: World, who: Who, settingsOf: (caller: Caller) => Caller): Promise<void> {
  const caller = world.caller(who)
  const next = settingsOf(caller)
  const versioned = {
    team: next.team === caller.team ? next.team : { ...next.team, version: caller.team.version + 1, updatedAtMs: world.nowMs },
    key: next.key === caller.key ? next.key : { ...next.key, version: caller.key.version + 1, updatedAtMs: world.nowMs }
  }
  const { limits, timeZone, disabled } = versioned.team
  const text = next.team === caller.team ? JSON.stringify([versioned.key.limits, versioned.key.revokedAtMs]) : JSON.stringify([timeZone, limits, disabled])
  const stored = await world.both.same(`${callerText(caller)} is changed: ${text}`, ({ directory }) =>
    next.team === caller.team ? directory.replaceKey(versioned.key) : directory.replaceTeam(versioned.team))
  if (stored === true) world.replaced({ team: next.team === caller.team ? world.caller({ ...who, stale: false }).team : versioned.team, key: next.key === caller.key ? world.caller({ ...who, stale: false }).key : versioned.key })
}

// Not compared: a clock that goes back over the beginning of a minute.
function wait ({ both }: World, wantedMs: number): void {
  const ms = Math.max(wantedMs, -(both.clock.nowMs() % 60_000))
  both.clock.advance(ms)
  both.note(`the clock goes ${ms} ms, to ${new Date(both.clock.nowMs()).toISOString()}`)
}

/** The next moment at which a window ends or the clocks change. */
function edgeAfter (edge: Edge, timeZone: string, nowMs: number): number {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone)
  const today = now.toPlainDate()
  switch (edge) {
    case 'minute': return Math.floor(nowMs / MINUTE_MS + 1) * MINUTE_MS
    case 'hour': return Math.floor(nowMs / 3_600_000 + 1) * 3_600_000
    case 'day': return today.add({ days: 1 }).toZonedDateTime({ timeZone }).epochMilliseconds
    case 'month': return today.with({ day: 1 }).add({ months: 1 }).toZonedDateTime({ timeZone }).epochMilliseconds
    case 'clock-change': return now.getTimeZoneTransition('next')?.epochMilliseconds ?? nowMs
    default: return unreachable(edge)
  }
}

function dayAfter ({ nowMs }: World, days: number): string { return new Date(nowMs + days * 86_400_000).toISOString().slice(0, 10) }

function queryOf (world: World, { ofTeam, ofKey, ofTaskId, state, model, from, to }: Filter, { caller, order }: { caller: Caller, order: Order }): Omit<TaskQuery, 'limit' | 'cursor'> {
  return {
    team: ofTeam ? caller.team.id : undefined,
    key: ofKey ? caller.key.id : undefined,
    taskId: ofTaskId ? world.idOf(order) : undefined,
    state,
    model,
    fromMs: from === undefined ? undefined : world.order(from)?.orderedAtMs,
    toMs: to === undefined ? undefined : world.order(to)?.orderedAtMs
  }
}

function callerText ({ team, key }: Caller): string { return `${team.id}@${team.version} ${key.id}@${key.version}` }

function textOf ({ caller, model, fingerprint, priceMicros, idempotencyKey }: Order): string {
  return `${callerText(caller)}, ${fingerprint}, for ${priceMicros}${idempotencyKey === undefined ? '' : `, as ${idempotencyKey}`}${model === '' ? '' : ''}`
}

function endText (seen: ObservedTask | Resolution): string {
  return JSON.stringify(seen)
}
