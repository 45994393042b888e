// A task as one value: four lines, of which scripts read the first, and JavaScript all.
import { z } from 'zod'
import type { KeyId, TaskId, TaskRef, TeamId } from '../../kernel/ids.ts'
import { accountOf } from '../../ledger/account.ts'
import type { TaskQuery } from '../../ledger/ledger.ts'
import { precedentOf } from '../../ledger/repetition.ts'
import { isRunning, MONEY, TASK_STATES, taskBodySchema, type Task, type TaskBody } from '../../ledger/task.ts'
import { QUOTA_PERIODS } from '../../teams/limits.ts'

/** A task with what only the store needs. */
export type StoredTask = {
  task: Task
  /** the Idempotency-Key that it was ordered with */
  claim: string | null
  /** when the claim ends, once its outcome is known */
  claimedUntilMs: number
  /** what the first call was answered, if it has a claim */
  answer: TaskBody | null
  /** the gateway that submits it */
  instance: string
}

/** The lines that a step writes. */
export type PackedStep = { header: string, answer: string, changing: string }

const HEADER = /^(\d+) [a-z]+ [01] (\d+) (\S+)$/

// Short names: there may be millions of them.
const fixedSchema = z.object({
  r: z.string(),
  k: z.string(),
  l: z.string(),
  m: z.string(),
  p: z.int(),
  f: z.string(),
  /** scope, period and label of each counter */
  n: z.array(z.tuple([z.enum(['team', 'key']), z.enum(QUOTA_PERIODS), z.string()])),
  c: z.int(),
  s: z.int(),
  i: z.string(),
  /** of a test key */
  test: z.literal(1).optional(),
  t: z.string().optional(),
  claim: z.tuple([z.string(), z.int()]).optional()
})

const changingSchema = z.object({
  id: z.string().nullable(),
  s: z.enum(TASK_STATES),
  m: z.enum(MONEY),
  u: z.int(),
  c: z.string().optional(),
  b: taskBodySchema.optional(),
  l: z.int().optional(),
  d: z.enum(['before-begun', 'after-begun']).optional(),
  /** times and since when */
  x: z.tuple([z.int(), z.int()]).optional(),
  t: z.int().optional()
})

/** The whole value of a new task. */
export function packTask ({ task, claim, claimedUntilMs, answer, instance }: StoredTask): string {
  const fixed: z.input<typeof fixedSchema> = {
    r: task.ref,
    k: task.keyId,
    l: task.lineage,
    m: task.model,
    p: task.priceMicros,
    f: task.fingerprint,
    n: task.counted.map(({ scope, per, label }) => [scope, per, label]),
    c: task.createdAtMs,
    s: task.submitDeadlineMs,
    i: instance,
    test: task.mode === 'test' ? 1 : undefined,
    t: task.trace ?? undefined,
    claim: claim === null ? undefined : [claim, claimedUntilMs]
  }
  const step = packStep(task, answer)
  return [step.header, JSON.stringify(fixed), step.answer, step.changing].join('\n')
}

/** What a step writes. @param answer the first answer, or null to keep the one that is there */
export function packStep (task: Task, answer: TaskBody | null): PackedStep {
  const changing: z.input<typeof changingSchema> = {
    id: task.taskId,
    s: task.state,
    m: task.money,
    u: task.updatedAtMs,
    c: task.credential ?? undefined,
    b: task.body ?? undefined,
    l: task.looksWithoutMedia === 0 ? undefined : task.looksWithoutMedia,
    d: task.deleting ?? undefined,
    x: task.misses === null ? undefined : [task.misses.times, task.misses.sinceMs],
    t: task.dueAtMs ?? undefined
  }
  return {
    header: `${task.revision} ${precedentOf(task)} ${isRunning(task) ? 1 : 0} ${task.lookedAtMs} ${task.team}`,
    answer: answer === null ? '' : JSON.stringify(answer),
    changing: JSON.stringify(changing)
  }
}

/** What the value of every such task has in it, as `packTask` writes it; others may have it too. */
export function marksOf ({ key, state, model }: Pick<TaskQuery, 'key' | 'state' | 'model'>): string[] {
  return Object.entries({ k: key, s: state, m: model }).flatMap(([name, value]) => value === undefined ? [] : [`"${name}":${JSON.stringify(value)}`])
}

/** @throws if the value is not what this gateway writes */
export function unpackTask (value: string): StoredTask {
  const [header = '', fixedLine = '', answer = '', changingLine = ''] = value.split('\n')
  const [, revision, lookedAtMs, team = ''] = HEADER.exec(header) ?? []
  if (revision === undefined) throw new Error('a task in Redis has a header')
  const fixed = fixedSchema.parse(JSON.parse(fixedLine))
  const mode = fixed.test === 1 ? 'test' : 'live'
  const changing = changingSchema.parse(JSON.parse(changingLine))
  return {
    claim: fixed.claim?.[0] ?? null,
    claimedUntilMs: fixed.claim?.[1] ?? 0,
    answer: answer === '' ? null : taskBodySchema.parse(JSON.parse(answer)),
    instance: fixed.i,
    task: {
      ref: fixed.r as TaskRef,
      revision: Number(revision),
      taskId: changing.id as TaskId | null,
      team: team as TeamId,
      keyId: fixed.k as KeyId,
      lineage: fixed.l as KeyId,
      model: fixed.m,
      mode,
      state: changing.s,
      money: changing.m,
      priceMicros: fixed.p,
      fingerprint: fixed.f,
      trace: fixed.t ?? null,
      credential: changing.c ?? null,
      body: changing.b ?? null,
      looksWithoutMedia: changing.l ?? 0,
      deleting: changing.d ?? null,
      counted: fixed.n.map(([scope, per, label]) => ({ scope, owner: scope === 'team' ? accountOf(team as TeamId, mode) : fixed.l, per, label })),
      createdAtMs: fixed.c,
      updatedAtMs: changing.u,
      lookedAtMs: Number(lookedAtMs),
      submitDeadlineMs: fixed.s,
      misses: changing.x === undefined ? null : { times: changing.x[0], sinceMs: changing.x[1] },
      dueAtMs: changing.t ?? null
    }
  }
}
