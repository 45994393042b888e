// The gateway's own tokens: which is chosen, which rests, and which are given no more.
import { expect, test } from 'vitest'
import type { Live } from '../../src/kernel/live.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { credentials, type Credentials } from '../../src/upstream/credentials.ts'
import type { Use } from '../../src/upstream/token-place.ts'
import { keptLog, type KeptLine } from '../support/kept-log.ts'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'

type Opened = { pool: Credentials, clock: ManualClock, lines: readonly KeptLine[], give (...texts: string[]): void }

/** A pool that a test may give other tokens at any time. */
function open (...texts: string[]): Opened {
  let given = texts.map(text => new Secret(text))
  const tokens: Live<readonly Secret[]> = { current: () => given, refreshed: () => given }
  const clock = manualClock()
  const { log, lines } = keptLog()
  return { pool: credentials({ tokens, clock, log }), clock, lines, give (...next) { given = next.map(text => new Secret(text)) } }
}

function nameOf (use: Use | undefined): string | undefined { return use?.credential.token.reveal() }
function fingerprintOf (text: string): string { return new Secret(text).fingerprint() }
function messages (lines: readonly KeptLine[]): string[] { return lines.map(({ level, message }) => `${level} ${message}`) }

/** Chooses, and ends the call. */
function used ({ pool }: Opened): string | undefined {
  const use = pool.choose()
  use.end()
  return nameOf(use)
}

/** A call that a token is refused; by default the one that would be chosen. */
function refuse ({ pool }: Opened, status: number, retryAfterS?: number, use: Use = pool.choose()): Use {
  use.refused({ status, retryAfterS })
  use.end()
  return use
}

test('of idle tokens the one unused for longest is chosen, beginning with the first', () => {
  const opened = open('a', 'b', 'c')
  expect(Array.from({ length: 7 }, () => used(opened))).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
})

test('the token with the fewest calls under way is chosen, whatever the calls are', () => {
  const { pool } = open('a', 'b', 'c')
  const [first, second] = [pool.choose(), pool.choose()]
  const look = pool.use({ token: new Secret('c'), fingerprint: fingerprintOf('c') })
  expect([nameOf(first), nameOf(second)]).toEqual(['a', 'b'])
  second.end()
  expect(nameOf(pool.choose())).toBe('b')
  look.end()
  expect(nameOf(pool.choose())).toBe('c')
  expect(pool.states().map(({ underWay }) => underWay)).toEqual([1, 1, 1])
})

test.each([401, 402, 403, 429])('a token that was refused with %i rests for a minute, and is used again', status => {
  const opened = open('a', 'b')
  refuse(opened, status)
  expect([used(opened), used(opened), used(opened)]).toEqual(['b', 'b', 'b'])
  expect(opened.pool.states()).toMatchObject([{ fingerprint: fingerprintOf('a'), resting: true }, { resting: false }])
  opened.clock.advance(59_999)
  expect(used(opened)).toBe('b')
  opened.clock.advance(1)
  expect(used(opened)).toBe('a')
  expect(opened.lines.at(-1)).toEqual({ level: 'info', facts: { credential: fingerprintOf('a') }, message: 'upstream token used again' })
})

test.each([[1, 1000], [0, 1000], [300, 300_000], [600, 600_000], [86_400, 600_000]])('Retry-After: %i is a rest of %i ms', (retryAfterS, restMs) => {
  const opened = open('a', 'b')
  refuse(opened, 429, retryAfterS)
  opened.clock.advance(restMs - 1)
  expect(used(opened)).toBe('b')
  opened.clock.advance(1)
  expect(used(opened)).toBe('a')
})

test.each([
  [401, 'error upstream token refused'],
  [403, 'error upstream token refused'],
  [402, 'error upstream account out of funds'],
  [429, 'warn upstream token limited']
])('a refusal with %i is said as "%s", once a minute, by the fingerprint alone', (status, said) => {
  const opened = open('a-token')
  for (let second = 0; second < 120; second++) {
    refuse(opened, status)
    opened.clock.advance(1000)
  }
  expect(messages(opened.lines)).toEqual([said, said])
  expect(opened.lines[0]?.facts).toMatchObject({ credential: fingerprintOf('a-token'), status })
  expect(JSON.stringify(opened.lines)).not.toContain('a-token')
})

test('calls that were under way together and are refused together are one rest, as long as the longest', () => {
  const opened = open('a', 'b')
  const calls = Array.from({ length: 6 }, () => opened.pool.choose()).filter(use => nameOf(use) === 'a')
  for (const [index, use] of calls.entries()) refuse(opened, 429, 10 * (index + 1), use)
  expect(messages(opened.lines)).toEqual(['warn upstream token limited'])
  opened.clock.advance(29_999)
  expect(opened.pool.states()[0]?.resting).toBe(true)
  opened.clock.advance(1)
  expect(opened.pool.states()[0]?.resting).toBe(false)
})

test('a create that was accepted after the rest began ends it, one from before does not', () => {
  const opened = open('a', 'b')
  const before = opened.pool.choose()
  refuse(opened, 429, undefined, opened.pool.use(before.credential))
  before.welcomed()
  expect(opened.pool.states()[0]?.resting).toBe(true)
  opened.pool.use(before.credential).welcomed()
  expect(opened.pool.states()[0]?.resting).toBe(false)
})

test('when all rest, the one whose rest began first is used; refused again, it lets the next one try', () => {
  const opened = open('a', 'b', 'c')
  for (let call = 0; call < 3; call++) refuse(opened, 429)
  expect(Array.from({ length: 4 }, () => nameOf(refuse(opened, 429)))).toEqual(['a', 'b', 'c', 'a'])
})

test('a pool of one never rests, also when it has become one', () => {
  const opened = open('a', 'b')
  refuse(opened, 402)
  opened.give('a')
  expect(used(opened)).toBe('a')
  refuse(opened, 402)
  expect(used(opened)).toBe('a')
  expect(opened.pool.states()).toEqual([{ fingerprint: fingerprintOf('a'), resting: false, underWay: 0 }])
})

test('for the one further try there is another token, first of all one that was given since; and none in a pool of one', () => {
  const opened = open('a', 'b')
  expect(nameOf(opened.pool.other(refuse(opened, 429)))).toBe('b')
  const use = opened.pool.use({ token: new Secret('a'), fingerprint: fingerprintOf('a') })
  opened.give('a', 'b', 'c')
  expect(nameOf(opened.pool.other(refuse(opened, 401, undefined, use)))).toBe('c')
  const alone = open('a')
  expect(alone.pool.other(refuse(alone, 401))).toBe(undefined)
})

test('new tokens are used from the next choice on, and those that are given no more are not', () => {
  const opened = open('a', 'b')
  used(opened)
  opened.give('b', 'c')
  expect(new Set(Array.from({ length: 10 }, () => used(opened)))).toEqual(new Set(['b', 'c']))
  expect(opened.pool.all().map(({ token }) => token.reveal())).toEqual(['b', 'c'])
})

test('a task\'s own token is found by its fingerprint, also when it is given no more, until it was refused then', () => {
  const opened = open('a', 'b')
  const own = (): string | undefined => opened.pool.own(fingerprintOf('a'))?.token.reveal()
  expect(own()).toBe('a')
  opened.give('b')
  expect(own()).toBe('a')
  expect(opened.pool.isRetired({ token: new Secret('a'), fingerprint: fingerprintOf('a') })).toBe(true)
  const credential = { token: new Secret('a'), fingerprint: fingerprintOf('a') }
  refuse(opened, 429, undefined, opened.pool.use(credential))
  expect(own()).toBe('a')
  refuse(opened, 401, undefined, opened.pool.use(credential))
  expect(own()).toBe(undefined)
  expect(opened.pool.own('00000000')).toBe(undefined)
  expect(opened.pool.own(null)).toBe(undefined)
  opened.give('a')
  expect(own()).toBe('a')
})

test('calls that are under way with a token stay counted when it goes and comes back', () => {
  const opened = open('a', 'b')
  const use = opened.pool.choose()
  opened.give('b')
  opened.pool.all()
  opened.give('a', 'b')
  expect(opened.pool.states()[0]?.underWay).toBe(1)
  use.end()
  expect(opened.pool.states()[0]?.underWay).toBe(0)
})

test('a hundred tokens that are given no more are kept, the latest ones', () => {
  const opened = open('token-0')
  for (let index = 1; index <= 150; index++) {
    opened.give(`token-${index}`)
    opened.pool.all()
  }
  expect(opened.pool.own(fingerprintOf('token-49'))).toBe(undefined)
  expect(opened.pool.own(fingerprintOf('token-50'))?.token.reveal()).toBe('token-50')
})

test('no words repeat a token, whether it is given still or not', () => {
  const opened = open('canary-old')
  opened.give('canary-new')
  opened.pool.all()
  expect(opened.pool.scrub('neither canary-old nor canary-new is welcome')).toBe('neither [secret] nor [secret] is welcome')
})

test('there is no pool without a token', () => {
  expect(() => open()).toThrow('there is at least one upstream token')
})

test('of a token that was read cut short, while its file was written, nothing is left of the whole one', () => {
  const whole = 'upstream-token-canary'
  const { pool, give } = open(whole.slice(0, 14))
  give(whole)
  pool.all()
  expect(pool.scrub(`the token ${whole} is not known`)).toBe('the token [secret] is not known')
})
