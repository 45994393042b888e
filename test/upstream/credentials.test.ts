// The gateway's own tokens, and which one made which task.
import { expect, test } from 'vitest'
import { Secret } from '../../src/kernel/secret.ts'
import { credentials } from '../../src/upstream/credentials.ts'
import { manualClock } from '../support/manual-clock.ts'

const TOKENS = ['first', 'second', 'third'].map(text => new Secret(text))

test('a create uses the first token', () => {
  expect(credentials(TOKENS, manualClock()).choose().token.reveal()).toBe('first')
})

test('a task is asked for with the token that made it, known by its fingerprint', () => {
  const pool = credentials(TOKENS, manualClock())
  expect(TOKENS.map(token => pool.of(token.fingerprint()).token.reveal())).toEqual(['first', 'second', 'third'])
})

test('a task whose token is gone, or of which nobody knows it, is asked for with the first', () => {
  const pool = credentials(TOKENS, manualClock())
  expect(pool.of('00000000').token.reveal()).toBe('first')
  expect(pool.of(null).token.reveal()).toBe('first')
})

test('the name of a credential tells nothing of its token', () => {
  const { fingerprint, token } = credentials(TOKENS, manualClock()).choose()
  expect(fingerprint).toBe(token.fingerprint())
  expect(fingerprint).toMatch(/^[0-9a-f]{8}$/)
})

test('there is no pool without a token', () => {
  expect(() => credentials([], manualClock())).toThrow('there is at least one upstream token')
})
