// The names of things: what is one, and that new ones are.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TeamId } from '../../src/kernel/ids.ts'
import {
  BASE62, isKeyId, isTaskId, isTaskRef, isTeamId, newKeyId, newRequestId, newTaskRef, randomBase62
} from '../../src/kernel/ids.ts'

type Case = { kind: string, is: (text: string) => boolean, good: string[], bad: string[] }

const CASES: readonly Case[] = [
  { kind: 'team', is: isTeamId, good: ['a', 'ads', 'team-7', '-', 'a'.repeat(40)], bad: ['', 'Ads', 'a_b', 'a b', 'ä', 'a'.repeat(41), 'ads\n', 'a/b', '.'] },
  { kind: 'key', is: isKeyId, good: ['key_a', 'key_0Zz', `key_${'a'.repeat(40)}`], bad: ['', 'key_', 'key_a-b', 'KEY_a', ' key_a', 'key_a\n', `key_${'a'.repeat(41)}`, 'mg_live_a'] },
  { kind: 'upstream task', is: isTaskId, good: ['3c90c3cc-0d44-4b50-8888-8dd25736052a', 'a', '_', 'a.b_c-D9', 'x'.repeat(128)], bad: ['', 'x'.repeat(129), 'a/b', 'a b', 'a%2e', 'é', 'a\n', 'a?b', 'a#b'] },
  { kind: 'task reference', is: isTaskRef, good: ['tsk_a', `tsk_${'Z'.repeat(60)}`], bad: ['', 'tsk_', 'tsk_a-b', `tsk_${'Z'.repeat(61)}`, 'tsk_a\n', 'task_a'] }
]

for (const { kind, is, good, bad } of CASES) {
  test.each(good)(`%j is the id of a ${kind}`, text => { expect(is(text)).toBe(true) })
  test.each(bad)(`%j is no id of a ${kind}`, text => { expect(is(text)).toBe(false) })
}

test('a text with a character that means something in a URL is no id of an upstream task', () => {
  const part = fc.stringMatching(/^[A-Za-z0-9._-]{0,20}$/)
  fc.assert(fc.property(part, fc.constantFrom(...'/\\?#%:;@&=+ \t\r\n\0'), part, (before, special, after) => {
    expect(isTaskId(`${before}${special}${after}`)).toBe(false)
  }))
})

const TEAM = 'ads' as TeamId

test('new ids have the form of their kind', () => {
  for (let count = 0; count < 100; count++) {
    expect(isKeyId(newKeyId())).toBe(true)
    expect(isTaskRef(newTaskRef(TEAM))).toBe(true)
    expect(newRequestId()).toMatch(/^req_[0-9A-Za-z]{20}$/)
  }
})

test('ten thousand new ids are ten thousand different ones', () => {
  const made = (make: () => string): number => new Set(Array.from({ length: 10_000 }, make)).size
  expect([newKeyId, () => newTaskRef(TEAM), newRequestId].map(made)).toEqual([10_000, 10_000, 10_000])
})

test('random base62 text uses each of its 62 characters about equally often', () => {
  const characters = 62_000
  const seen = Map.groupBy(randomBase62(characters), character => character)
  expect([...seen.keys()].sort()).toEqual([...BASE62].sort())
  // 1000 expected of each, with a deviation of about 31: seven deviations are no accident.
  for (const [character, hits] of seen) expect(Math.abs(hits.length - 1000), character).toBeLessThan(220)
})
