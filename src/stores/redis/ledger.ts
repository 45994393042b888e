// The shared ledger: every step is one script in the team's shard, so that any number of gateways keep one exact account.
import { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { ALL_SHARDS, shardOfRef, type Shard } from '../../kernel/shard.ts'
import { inFlightOf, standingsOf } from '../../ledger/admission.ts'
import { keepingOf, LOST_ANSWER_MS, type KeepingOptions } from '../../ledger/keeping.ts'
import { RESERVED_MS, type Ledger, type Order, type Transition } from '../../ledger/ledger.ts'
import { newTask } from '../../ledger/new-task.ts'
import { retractionOf, stepOf } from '../../ledger/step.ts'
import type { ObservedTask, Resolution, Task } from '../../ledger/task.ts'
import type { TaskRef } from '../../kernel/ids.ts'
import { admissions } from './admissions.ts'
import { countersOf } from './counters.ts'
import { entryOf } from './entry.ts'
import type { Epochs } from './epochs.ts'
import { readKept } from './kept.ts'
import type { Link } from './link.ts'
import { moveOf } from './move.ts'
import type { News } from './news.ts'
import type { Names } from './names.ts'
import { packStep, packTask, unpackTask, type StoredTask } from './packed-task.ts'
import { takePulse } from './pulse.ts'
import { reportUsage } from './report.ts'
import { run } from './scripts.ts'
import type { StoreTime } from './store-time.ts'
import { correct, inspect } from './sums.ts'
import { unpackTasks } from './task-values.ts'
import { taskStore } from './tasks.ts'
import { tooManyTries, TRIES_MAX } from './tries.ts'

export type RedisLedgerOptions = KeepingOptions & {
  link: Link
  names: Names
  epochs: Epochs
  time: StoreTime
  news: News
  /** names this gateway among all that share the ledger */
  instance: string
  clock: Clock
  /** how long an Idempotency-Key stands for its first call */
  idempotencyTtlMs: number
  /** how old a status may be before a reader asks upstream again */
  statusMaxAgeMs: number
  /** how long one reader has the right to look, if it never reports back */
  lookLeaseMs: number
}

// The usual ones first: they are tried in this order.
const restoreReply = z.union([z.tuple([z.literal('there'), z.string()]), z.tuple([z.literal('written'), z.int()])])
const moveReply = z.union([z.tuple([z.literal('done'), z.int()]), z.tuple([z.literal('moved'), z.string()]), z.tuple([z.literal('missing')])])
const findReply = z.union([z.tuple([z.literal('found'), z.string(), z.string(), z.int()]), z.tuple([z.enum(['stale', 'missing'])])])
const followReply = z.union([z.tuple([z.literal('found'), z.string(), z.int()]), z.tuple([z.literal('missing')])])

export function redisLedger (options: RedisLedgerOptions): Ledger {
  const { link, names, epochs, time, news, instance, clock, rules, idempotencyTtlMs, statusMaxAgeMs, lookLeaseMs } = options
  const tasks = taskStore(link, names)
  const keeping = keepingOf(options)

  function storedOf (order: Order, task: Task, answer: StoredTask['answer'] = null): StoredTask {
    return { task, claim: order.idempotencyKey ?? null, claimedUntilMs: order.orderedAtMs + idempotencyTtlMs, answer, instance }
  }

  const decideAbout = admissions({ link, names, epochs, time, clock, instance, keeping, storedOf })

  /** Takes a step from what is known of a task; if it has moved meanwhile, from what it is now. @returns undefined if it is not there */
  async function take (known: StoredTask, seen: Resolution | ObservedTask): Promise<Transition | undefined> {
    let current = known
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      const transition = stepOf(current.task, seen, { rules, nowMs: clock.nowMs() })
      const answer = seen.kind === 'accepted' && current.claim !== null && current.task.taskId === null ? seen.body : null
      const packed = packStep({ ...current, task: transition.after, answer })
      const { shard, keys, about } = moveOf({ names, keeping, nowMs: clock.nowMs() }, current, { seen, after: transition.after })
      const { epoch } = epochs.of(shard)
      const reply = moveReply.parse(await run(link, 'move', { keys, about: { ...about, instance, ...epochs.of(shard) }, more: [packed.header, packed.answer, packed.changing] }))
      switch (reply[0]) {
        case 'missing': return undefined
        case 'moved': {
          current = unpackTask(current.task.ref, reply[1])
          break
        }
        case 'done': {
          epochs.acknowledge(shard, epoch, reply[1])
          return transition
        }
      }
    }
    throw tooManyTries()
  }

  /** Writes the task of an order that the store does not have. @returns undefined if it has it after all */
  async function restore (order: Order, outcome: Resolution): Promise<Transition | undefined> {
    const begun = newTask(order)
    const neverBegan = outcome.kind === 'refused' || outcome.kind === 'unsent'
    const transition = neverBegan ? retractionOf(begun, outcome, rules) : stepOf(begun, outcome, { rules, nowMs: clock.nowMs() })
    const answer = outcome.kind === 'accepted' && order.idempotencyKey !== undefined ? outcome.body : null
    const stored = storedOf(order, transition.after, answer)
    const { shard, keys, about } = entryOf({ names, keeping }, order, { begun, stored, counts: !neverBegan })
    const { epoch } = epochs.of(shard)
    const reply = restoreReply.parse(await run(link, 'restore', { keys, about: { ...about, instance, ...epochs.of(shard) }, more: [packTask(stored)] }))
    if (reply[0] === 'there') return undefined
    epochs.acknowledge(shard, epoch, reply[1])
    return transition
  }

  /** What find.lua and follow.lua are told, beside whom they are about. */
  function lookQuestion (shard: Shard) {
    return { prefix: names.inShard(shard), now: clock.nowMs(), told_now: time.told(), max_age: statusMaxAgeMs, lease: lookLeaseMs }
  }

  async function present (ref: TaskRef): Promise<StoredTask> {
    const stored = await tasks.read(ref)
    if (stored === undefined) throw new Error('a task is in the ledger before anything is learnt of it')
    return stored
  }

  return {
    admit: order => decideAbout(order, { preview: false }),
    preview: order => decideAbout(order, { preview: true }),

    async resolve (order, outcome) {
      for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
        const transition = await take(storedOf(order, newTask(order)), outcome) ?? await restore(order, outcome)
        if (transition !== undefined) return transition
      }
      throw tooManyTries()
    },

    async observe (task, seen) {
      // Only the store knows the claim of a task whose submission is not over.
      const known = task.state === 'submitting' || task.state === 'unknown' ? await present(task.ref) : { task, claim: null, claimedUntilMs: 0, answer: null, instance: '' }
      const transition = await take(known, seen)
      if (transition === undefined) throw new Error('a task is in the ledger before anything is learnt of it')
      return transition
    },

    async lose ({ ref, team, keyId, fingerprint }) {
      const shard = names.shardOf(team)
      const keys = [names.lost(team, keyId, fingerprint), names.task(shard, ref)]
      await run(link, 'lose', { keys, about: ref, more: [String(clock.nowMs() + LOST_ANSWER_MS), String(LOST_ANSWER_MS)] })
    },

    async claimDue (count, leaseMs) {
      const nowMs = clock.nowMs()
      const waiting = await Promise.all(ALL_SHARDS.map(shard => link.ask(names.inShard(shard), redis => redis.zcount(names.due(shard), '-inf', nowMs))))
      const claimed: Task[] = []
      // Not always the same shard first, lest others wait while it is busy.
      const first = Math.floor(Math.random() * ALL_SHARDS.length)
      for (const shard of [...ALL_SHARDS.slice(first), ...ALL_SHARDS.slice(0, first)]) {
        if (claimed.length === count) break
        if (waiting[Number(shard)] === 0) continue
        const about = { prefix: names.inShard(shard), now: nowMs, told_now: time.told(), lease: leaseMs, count: count - claimed.length }
        claimed.push(...unpackTasks(await run(link, 'claim', { keys: [names.due(shard)], about })))
      }
      return claimed
    },

    async giveBack ({ ref, team, revision, dueAtMs }) {
      const shard = names.shardOf(team)
      await run(link, 'give-back', { keys: [names.task(shard, ref), names.look(shard, ref), names.due(shard)], about: { ref, revision, due: dueAtMs ?? undefined } })
    },

    async read (ref) { return (await tasks.read(ref))?.task },

    async find ({ team, key }, taskId) {
      const shard = names.shardOf(team.id)
      const reply = findReply.parse(await run(link, 'find', {
        keys: [names.team(team.id), names.key(team.id, key.id), names.taskId(shard, taskId)],
        about: { ...lookQuestion(shard), test: key.mode === 'test' || undefined, team: team.id, team_version: String(team.version), key_version: String(key.version) }
      }))
      return reply[0] === 'found' ? { kind: 'found', task: unpackTask(reply[1], reply[2]).task, mayLook: reply[3] === 1 } : { kind: reply[0] }
    },

    async follow (ref) {
      const shard = shardOfRef(ref)
      if (shard === undefined) return { kind: 'missing' }
      const reply = followReply.parse(await run(link, 'follow', { keys: [names.task(shard, ref)], about: { ...lookQuestion(shard), ref } }))
      return reply[0] === 'found' ? { kind: 'found', task: unpackTask(ref, reply[1]).task, mayLook: reply[2] === 1 } : { kind: 'missing' }
    },

    watch: (ref, listener) => news.watch(ref, listener),

    list: query => tasks.list(query),

    async standing (caller) {
      const nowMs = clock.nowMs()
      const counters = countersOf(names, caller, { nowMs, graceMs: keeping.counterGraceMs })
      const position = counters.position(await link.ask(names.team(caller.team.id), redis => redis.mget([...counters.names, ...counters.windowNames])))
      return { standings: standingsOf(caller, nowMs, position), inFlight: inFlightOf(caller, position) }
    },

    usage: query => reportUsage(link, names, query),

    inspect: query => inspect(link, names, query),
    correct: (team, corrections) => correct(link, names, { team, corrections }),

    async reserve (taskId, ref) {
      const name = names.reserved(taskId)
      const holder = await link.ask(name, redis => redis.set(name, ref, 'PX', RESERVED_MS, 'NX', 'GET'))
      return holder === null || holder === ref
    },

    completeSince: async () => (await readKept(link, names))?.completeSinceMs ?? 0,

    confirm: () => epochs.confirm(),

    pulse: () => takePulse(link, names, clock.nowMs()),

    async ping () {
      await link.ask(names.ledger, redis => redis.get(names.ledger))
      epochs.check()
      time.check()
    }
  }
}
