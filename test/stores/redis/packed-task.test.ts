// What a task is written as: it comes back as it was, in few bytes, and lists find it by what it has in it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BASE62, type KeyId, type TaskId, type TaskRef } from '../../../src/kernel/ids.ts'
import { accountWindows, counterOf } from '../../../src/ledger/account.ts'
import { MONEY, TASK_STATES, TASK_STATUSES, taskBodySchema, type Task, type TaskBody } from '../../../src/ledger/task.ts'
import { marksOf, packStep, packTask, unpackTask, type StoredTask } from '../../../src/stores/redis/packed-task.ts'
import { QUOTA_PERIODS } from '../../../src/teams/limits.ts'
import { aKey, aTeam } from '../../support/teams.ts'
import { aTask, bodyOf } from '../../support/tasks.ts'

const ENDED = ['completed', 'failed', 'deleted', 'expired'] as const
const TIMES = { min: Date.UTC(2024), max: Date.UTC(2099) }
/** The furthest behind and ahead of UTC, and those with a change of clocks, a half hour, and a day that never was. */
const TIME_ZONES = ['UTC', 'Pacific/Pago_Pago', 'Pacific/Kiritimati', 'Europe/Berlin', 'Asia/Kolkata', 'America/Santiago', 'Pacific/Apia']

const name = fc.string({ unit: fc.constantFrom(...BASE62), minLength: 1, maxLength: 40 })
const key = name.map(text => `key_${text}` as KeyId)
const time = fc.integer(TIMES)
const perhaps = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null })

/** As upstream's bodies are read: JSON with any words in it, also some that are not ASCII. */
const body: fc.Arbitrary<TaskBody> = fc.record({
  id: fc.string({ unit: 'binary' }), status: fc.constantFrom(...TASK_STATUSES), more: fc.jsonValue(), videos: fc.array(fc.webUrl()), words: fc.string({ unit: 'binary', maxLength: 3000 })
}).map(({ id, status, more, ...rest }) => taskBodySchema.parse(JSON.parse(JSON.stringify({ task_info: { id, status, more }, ...rest }))))

/** What a caller in this time zone orders at this time, with quotas of these periods. */
const counted = fc.record({ createdAtMs: time, timeZone: fc.constantFrom(...TIME_ZONES), keyId: key, lineage: perhaps(key), mode: fc.constantFrom('live', 'test'), team: fc.subarray([...QUOTA_PERIODS]), own: fc.subarray([...QUOTA_PERIODS]) })
  .map(({ createdAtMs, timeZone, keyId, lineage, mode, team, own }) => {
    const quotasOf = (periods: typeof team) => ({ quotas: periods.map(per => ({ per, unit: 'tasks' as const, limit: 1 })) })
    const owner = aTeam({ timeZone, limits: quotasOf(team) })
    const caller = { team: owner, key: aKey(owner, { id: keyId, lineage: lineage ?? keyId, mode, limits: quotasOf(own) }) }
    return { team: owner.id, keyId, lineage: caller.key.lineage, mode, createdAtMs, counted: accountWindows(caller, createdAtMs).map(counterOf) }
  })

const task: fc.Arbitrary<Task> = fc.tuple(counted, fc.record({
  ref: name.map(text => `tsk_${text}` as TaskRef),
  revision: fc.integer({ min: 1 }),
  taskId: perhaps(fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/).map(text => text as TaskId)),
  model: fc.stringMatching(/^[a-z]{1,10}\/[a-z0-9.-]{1,20}$/),
  state: fc.constantFrom(...TASK_STATES),
  money: fc.constantFrom(...MONEY),
  priceMicros: fc.maxSafeNat(),
  // That of an adopted task is a word.
  fingerprint: fc.oneof(fc.stringMatching(/^[0-9a-f]{64}$/), fc.constant('adopted')),
  trace: perhaps(fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)),
  credential: perhaps(fc.stringMatching(/^[0-9a-f]{8}$/)),
  body: perhaps(body),
  looksWithoutMedia: fc.nat(),
  deleting: fc.constantFrom(null, 'before-begun' as const, 'after-begun' as const),
  updatedAtMs: time,
  lookedAtMs: time,
  submitDeadlineMs: time,
  misses: perhaps(fc.record({ times: fc.nat(), sinceMs: time })),
  dueAtMs: perhaps(time)
})).map(([one, other]) => ({ ...one, ...other }))

const stored: fc.Arbitrary<StoredTask> = fc.record({ task, claim: perhaps(fc.string({ unit: 'binary' })), claimedUntilMs: time, answer: perhaps(body), instance: name })
  // When the outcome is known, claim and instance are forgotten.
  .map(({ task, claim, claimedUntilMs, answer, instance }) => task.state === 'submitting' || task.state === 'unknown'
    ? { task, claim, claimedUntilMs: claim === null ? 0 : claimedUntilMs, answer, instance }
    : { task, claim: null, claimedUntilMs: 0, answer, instance: '' })

/** The value as it comes back from Redis, each byte a character. */
function written (stored: StoredTask): string { return Buffer.from(packTask(stored)).toString('latin1') }

test('every task comes back as it was, upstream\'s body in the same order', () => {
  fc.assert(fc.property(stored, stored => {
    const back = unpackTask(stored.task.ref, written(stored))
    expect(back).toEqual(stored)
    expect(JSON.stringify([back.task.body, back.answer])).toBe(JSON.stringify([stored.task.body, stored.answer]))
  }), { numRuns: 1000 })
})

test('a task has the marks of its key, state and model in its value', () => {
  fc.assert(fc.property(stored, stored => {
    const { keyId, state, model } = stored.task
    for (const mark of marksOf({ key: keyId, state, model })) expect(written(stored)).toContain(mark)
  }))
})

test('a task has no marks of others', () => {
  const value = written({ task: aTask({ state: 'completed', body: bodyOf('completed') }), claim: null, claimedUntilMs: 0, answer: bodyOf('pending'), instance: '' })
  for (const state of TASK_STATES.filter(other => other !== 'completed')) for (const mark of marksOf({ state })) expect(value).not.toContain(mark)
  for (const mark of marksOf({ key: 'key_3' as KeyId, model: 'alibaba/wan2.2' })) expect(value).not.toContain(mark)
})

describe('upstream\'s last body', () => {
  const URL = 'https://media.mulerouter.ai/ephemeral/result_00.mp4?Expires=1795435292&Signature='
  const long = bodyOf('completed', { videos: Array.from({ length: 4 }, (_, number) => `${URL}${number}`) })
  const bytesOf = (state: Task['state']): number => {
    const { changing } = packStep({ task: aTask({ state, body: long }), claim: null, claimedUntilMs: 0, answer: null, instance: '' })
    return Buffer.byteLength(changing)
  }

  test.each(ENDED)('of a task that is %s takes less than half of its length', state => {
    expect(bytesOf(state)).toBeLessThan(JSON.stringify(long).length / 2)
  })

  test.each(['pending', 'processing'] as const)('of a task that is %s is text: it is written anew soon', state => {
    expect(bytesOf(state)).toBeGreaterThan(JSON.stringify(long).length)
  })
})

test('a value that is cut off is no task', () => {
  const value = written({ task: aTask({ state: 'completed', body: bodyOf('completed') }), claim: null, claimedUntilMs: 0, answer: null, instance: '' })
  for (let length = 0; length < value.length; length++) expect(() => unpackTask('tsk_00', value.slice(0, length))).toThrow()
})
