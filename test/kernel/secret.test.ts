// A secret is never printed, in whatever way somebody prints it.
import { format, inspect } from 'node:util'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Secret } from '../../src/kernel/secret.ts'

const TEXT = 'hush-canary-5b1d'

/** Everything that pino writes for these facts. */
function logged (facts: object): string {
  const lines: string[] = []
  pino({ base: null }, { write: line => { lines.push(line) } }).info(facts, 'a line')
  return lines.join('')
}

const PRINTED: ReadonlyArray<[string, (secret: Secret) => string]> = [
  ['String()', secret => String(secret)],
  ['a template', secret => `${secret}`],
  ['concatenation', secret => ['the secret is ', secret].join('')],
  ['JSON', secret => JSON.stringify(secret)],
  ['JSON of an object around it', secret => JSON.stringify({ config: { tokens: [secret] } })],
  ['util.inspect', secret => inspect(secret)],
  ['util.inspect of an object around it, with everything hidden', secret => inspect({ deep: { secret } }, { depth: null, showHidden: true, getters: true })],
  ['console\'s %s', secret => format('%s', secret)],
  ['console\'s %o', secret => format('%o', secret)],
  ['console\'s %O', secret => format('%O', { secret })],
  ['console\'s %j', secret => format('%j', { secret })],
  ['console without a format', secret => format(secret, { secret }, [secret])],
  ['pino', secret => logged({ secret, list: [secret], inside: { secret } })],
  ['a stack of an error that names it', secret => inspect(new Error(`cannot use ${secret}`, { cause: { secret } }))]
]

test.each(PRINTED)('a secret printed by %s shows as [secret]', (_name, print) => {
  const printed = print(new Secret(TEXT))
  expect(printed).not.toContain(TEXT)
  expect(printed).toContain('[secret]')
})

test('a secret has no property that holds its text', () => {
  const secret = new Secret(TEXT)
  expect(Reflect.ownKeys(secret)).toEqual([])
  expect(JSON.stringify({ ...secret })).toBe('{}')
  expect(structuredClone(secret)).toEqual({})
})

test('a secret gives its text to the one who asks for it', () => {
  expect(new Secret(TEXT).reveal()).toBe(TEXT)
})

test.each([
  [TEXT, true],
  [`${TEXT}x`, false],
  [TEXT.slice(1), false],
  [TEXT.toUpperCase(), false],
  ['', false]
])('a secret compared with %j answers %j', (other, same) => {
  expect(new Secret(TEXT).equals(other)).toBe(same)
})

test('equal secrets have one fingerprint, different ones different ones, and it is no part of a plain hash', () => {
  const fingerprint = new Secret(TEXT).fingerprint()
  expect(fingerprint).toMatch(/^[0-9a-f]{8}$/)
  expect(new Secret(TEXT).fingerprint()).toBe(fingerprint)
  expect(new Secret(`${TEXT}x`).fingerprint()).not.toBe(fingerprint)
})
