// A task as one value: four lines, of which scripts read the first, and JavaScript all. The last one may be packed, and have any byte in it.
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { KeyId, TaskId, TaskRef, TeamId } from '../../kernel/ids.ts'
import { accountOf } from '../../ledger/account.ts'
import type { TaskQuery } from '../../ledger/ledger.ts'
import { precedentOf, type Precedent } from '../../ledger/repetition.ts'
import { isRunning, MONEY, taskBodySchema, type Task, type TaskBody, type TaskState } from '../../ledger/task.ts'
import { packEnd, textOf, unpackEnd } from './packed-end.ts'
import { packWindows, unpackWindows } from './packed-windows.ts'

/** A task with what only the store needs. */
export type StoredTask = {
  task: Task
  /** the Idempotency-Key that it was ordered with; forgotten when its outcome is known */
  claim: string | null
  /** when the claim ends, once its outcome is known */
  claimedUntilMs: number
  /** what the first call was answered, if it has a claim */
  answer: TaskBody | null
  /** the gateway that submits it; forgotten with the claim */
  instance: string
}

/** The lines that a step writes. */
export type PackedStep = { header: string, answer: string, changing: string | Buffer }

// Short forms: there may be millions of them. Times and amounts are written in the largest base, and times but one as what they are behind the admission.
const BASE = 36
const PRECEDENTS: Readonly<Record<Precedent, string>> = { open: 'o', answered: 'a', deleted: 'd', released: 'r', void: 'v' }
const STATES: Readonly<Record<TaskState, string>> = {
  submitting: 'S', pending: 'P', processing: 'R', completed: 'C', failed: 'F', refused: 'X', unsent: 'N', unknown: 'U', deleted: 'D', expired: 'E'
}
const STATE_OF = new Map((Object.keys(STATES) as TaskState[]).map(state => [STATES[state], state]))

const KEY_PREFIX = 'key_'
/** In the place of a lineage that begins with the key itself. */
const SAME = '='
const TEST = 't'

/** 32 bytes in base64url. */
const PACKED_HASH_LENGTH = 43

/** Revision, when it was looked at, team, what it is to repetitions, state. */
const HEADER = /^(\d+) ([\da-z]+) (\S+) [a-z]([A-Z])$/
/** Key, lineage, model, price, fingerprint, windows, admission, end of the submission, and then what not every task has: that its key is one for tests, and its trace. */
const FIXED = /^(\w+) (\w+|=) (\S+) ([\da-z]+) (\S+) (\S+) ([\da-z]+) (-?[\da-z]+)( t)?(?: (\S+))?$/

const changingSchema = z.object({
  id: z.string().nullable(),
  m: z.enum(MONEY),
  u: z.int(),
  c: z.string().optional(),
  b: taskBodySchema.optional(),
  l: z.int().optional(),
  d: z.enum(['before-begun', 'after-begun']).optional(),
  /** times and since when */
  x: z.tuple([z.int(), z.int()]).optional(),
  t: z.int().optional(),
  i: z.string().optional(),
  claim: z.tuple([z.string(), z.int()]).optional()
})

// Of teams, keys and models, as tasks name them.
const names = new LRUCache<string, string>({ max: 10_000 })

/** The whole value of a new task. */
export function packTask (stored: StoredTask): string | Buffer {
  const { header, answer, changing } = packStep(stored)
  const lines = [header, packFixed(stored.task), answer, ''].join('\n')
  return typeof changing === 'string' ? lines + changing : Buffer.concat([Buffer.from(lines), changing])
}

/** What a step writes. Without an answer, the one that is there is kept. */
export function packStep ({ task, claim, claimedUntilMs, answer, instance }: StoredTask): PackedStep {
  const { createdAtMs, dueAtMs } = task
  const isOpen = task.state === 'submitting' || task.state === 'unknown'
  const changing: z.input<typeof changingSchema> = {
    id: task.taskId,
    m: task.money,
    u: task.updatedAtMs - createdAtMs,
    c: task.credential ?? undefined,
    b: task.body ?? undefined,
    l: task.looksWithoutMedia === 0 ? undefined : task.looksWithoutMedia,
    d: task.deleting ?? undefined,
    x: task.misses === null ? undefined : [task.misses.times, task.misses.sinceMs - createdAtMs],
    t: dueAtMs === null ? undefined : dueAtMs - createdAtMs,
    i: isOpen ? instance : undefined,
    claim: isOpen && claim !== null ? [claim, claimedUntilMs] : undefined
  }
  const text = JSON.stringify(changing)
  return {
    header: `${task.revision} ${task.lookedAtMs.toString(BASE)} ${task.team} ${PRECEDENTS[precedentOf(task)]}${STATES[task.state]}`,
    answer: answer === null ? '' : JSON.stringify(answer),
    // What is going to be read and written again soon is not worth the work.
    changing: isOpen || isRunning(task) || task.body === null ? text : packEnd(text)
  }
}

/** What the value of every such task has in it, as `packTask` writes it; others may have it too. */
export function marksOf ({ key, state, model }: Pick<TaskQuery, 'key' | 'state' | 'model'>): string[] {
  return [
    ...key === undefined ? [] : [`\n${shortOf(key)} `],
    ...state === undefined ? [] : [`${STATES[state]}\n`],
    ...model === undefined ? [] : [` ${model} `]
  ]
}

/**
 * @param value every byte of it one character
 * @throws if the value is not what this gateway writes
 */
export function unpackTask (ref: string, value: string): StoredTask {
  const [headerEnd, fixedEnd, answerEnd] = linesOf(value)
  const [, revision, lookedAt = '', team = '', state] = HEADER.exec(value.slice(0, headerEnd)) ?? []
  const [, key = '', lineage = '', model = '', price = '', fingerprint = '', windows = '', created, deadline = '', test, trace] = FIXED.exec(value.slice(headerEnd + 1, fixedEnd)) ?? []
  if (revision === undefined || created === undefined) throw new Error('a task in Redis has a header, and what never changes')
  const answer = value.slice(fixedEnd + 1, answerEnd)
  const changing = changingSchema.parse(JSON.parse(unpackEnd(value.slice(answerEnd + 1))))
  const createdAtMs = Number.parseInt(created, BASE)
  const keyId = shared(`${KEY_PREFIX}${key}`) as KeyId
  const first = lineage === SAME ? keyId : shared(`${KEY_PREFIX}${lineage}`) as KeyId
  const mode = test === undefined ? 'live' : 'test'
  const teamId = shared(team) as TeamId
  return {
    claim: changing.claim?.[0] ?? null,
    claimedUntilMs: changing.claim?.[1] ?? 0,
    answer: answer === '' ? null : taskBodySchema.parse(JSON.parse(textOf(answer))),
    instance: changing.i ?? '',
    task: {
      ref: ref as TaskRef,
      revision: Number(revision),
      taskId: changing.id as TaskId | null,
      team: teamId,
      keyId,
      lineage: first,
      model: shared(model),
      mode,
      state: stateOf(state),
      money: changing.m,
      priceMicros: Number.parseInt(price, BASE),
      fingerprint: unpackFingerprint(fingerprint),
      trace: trace ?? null,
      credential: changing.c ?? null,
      body: changing.b ?? null,
      looksWithoutMedia: changing.l ?? 0,
      deleting: changing.d ?? null,
      counted: unpackWindows(windows, createdAtMs, { team: accountOf(teamId, mode), key: first }),
      createdAtMs,
      updatedAtMs: createdAtMs + changing.u,
      lookedAtMs: Number.parseInt(lookedAt, BASE),
      submitDeadlineMs: createdAtMs + Number.parseInt(deadline, BASE),
      misses: changing.x === undefined ? null : { times: changing.x[0], sinceMs: createdAtMs + changing.x[1] },
      dueAtMs: changing.t === undefined ? null : createdAtMs + changing.t
    }
  }
}

/** The same text for all tasks: a piece of a value would keep the whole of it in memory, for as long as anybody waits for the task. */
function shared (text: string): string {
  const known = names.get(text)
  if (known === undefined) names.set(text, text)
  return known ?? text
}

/** Where the first three lines end. */
function linesOf (value: string): [number, number, number] {
  const header = value.indexOf('\n')
  const fixed = value.indexOf('\n', header + 1)
  return [header, fixed, value.indexOf('\n', fixed + 1)]
}

function packFixed (task: Task): string {
  const { keyId, lineage, model, priceMicros, fingerprint, createdAtMs, submitDeadlineMs, mode, trace } = task
  return [
    shortOf(keyId), lineage === keyId ? SAME : shortOf(lineage), model, priceMicros.toString(BASE), packFingerprint(fingerprint), packWindows(task),
    createdAtMs.toString(BASE), (submitDeadlineMs - createdAtMs).toString(BASE), ...mode === 'test' ? [TEST] : [], ...trace === null ? [] : [trace]
  ].join(' ')
}

/** A hash is shorter in a larger base; that of a task that was adopted is a word, and stays one. */
function packFingerprint (text: string): string { return /^[\da-f]{64}$/.test(text) ? Buffer.from(text, 'hex').toString('base64url') : text }

function unpackFingerprint (text: string): string { return text.length === PACKED_HASH_LENGTH ? Buffer.from(text, 'base64url').toString('hex') : text }

function shortOf (key: KeyId): string { return key.slice(KEY_PREFIX.length) }

function stateOf (letter: string | undefined): TaskState {
  const state = STATE_OF.get(letter ?? '')
  if (state === undefined) throw new Error('a task in Redis has a state')
  return state
}
