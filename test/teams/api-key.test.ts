// How a key is written, and how a wrong one is recognized without asking anybody.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BASE62 } from '../../src/kernel/ids.ts'
import {
  hashKey, keySettingsJson, keySettingsSchema, looksLikeKey, newKeySchema, newKeySecret
} from '../../src/teams/api-key.ts'
import { aKey, aTeam } from '../support/teams.ts'

/** CRC-32 as it is written down in ISO 3309, bit by bit: independent of the library that the gateway uses. */
function crc32 (text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** Six base62 digits, left-padded with `0`. */
function base62 (number: number): string {
  return Array.from({ length: 6 }, (_, place) => BASE62.charAt(Math.floor(number / 62 ** (5 - place)) % 62)).join('')
}

const keys = fc.tuple(fc.constantFrom('live', 'test'), fc.stringMatching(/^[0-9A-Za-z]{30}$/)).map(([mode, random]) => {
  const body = `mg_${mode}_${random}`
  return body + base62(crc32(body))
})

test.each(['live', 'test'] as const)('a new %s key is its prefix, 30 random characters and 6 of CRC-32 over what precedes them', mode => {
  const key = newKeySecret(mode).reveal()
  expect(key).toMatch(new RegExp(`^mg_${mode}_[0-9A-Za-z]{36}$`))
  expect(key.slice(-6)).toBe(base62(crc32(key.slice(0, -6))))
  expect(looksLikeKey(key)).toBe(true)
})

test('every key with the documented checksum is recognized, those whose checksum begins with zeros too', () => {
  fc.assert(fc.property(keys, key => { expect(looksLikeKey(key)).toBe(true) }))
  const padded = Array.from({ length: 5000 }, (_, number) => `mg_live_${String(number).padStart(30, '0')}`).filter(body => base62(crc32(body)).startsWith('00'))
  expect(padded.length).toBeGreaterThan(0)
  for (const body of padded) expect(looksLikeKey(body + base62(crc32(body)))).toBe(true)
})

test('a key with any one character changed is refused', () => {
  const change = fc.tuple(keys, fc.nat(), fc.constantFrom(...BASE62, '_', '-', ' ', 'ä'))
  fc.assert(fc.property(change, ([key, place, character]) => {
    const at = place % key.length
    fc.pre(key.charAt(at) !== character)
    expect(looksLikeKey(key.slice(0, at) + character + key.slice(at + 1))).toBe(false)
  }), { numRuns: 2000 })
})

test('a key with two neighbouring characters exchanged is refused', () => {
  fc.assert(fc.property(keys, fc.integer({ min: 0, max: 42 }), (key, at) => {
    const [one = '', two = ''] = key.slice(at, at + 2)
    fc.pre(one !== two)
    expect(looksLikeKey(key.slice(0, at) + two + one + key.slice(at + 2))).toBe(false)
  }))
})

test('a key that was cut, lengthened, quoted or put in other letters is refused', () => {
  const key = newKeySecret('live').reveal()
  const wrong = ['', 'mg_live_', key.slice(1), key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, `"${key}"`, key.toUpperCase(), key.replace('live', 'LIVE'), key.replace('live', 'test'), `${key}${key}`]
  expect(wrong.filter(looksLikeKey)).toEqual([])
})

test('ten thousand new keys are ten thousand different ones', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newKeySecret('live').reveal())).size).toBe(10_000)
})

test('what is kept of a key is the SHA-256 of the whole of it', () => {
  const key = newKeySecret('live').reveal()
  expect(hashKey(key)).toBe(createHash('sha256').update(key).digest('hex'))
  expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('a key is minted with the settings of the body, and may do anything without any', () => {
  expect(newKeySchema.parse({})).toEqual({ label: '', expires_at: null, limits: { quotas: [] }, policy: {}, webhooks: false, mode: 'live' })
  expect(newKeySchema.parse({ label: 'ci', expires_at: '2026-12-31T23:59:59+01:00', limits: { tasks_in_flight: 2 }, webhooks: true })).toMatchObject({
    label: 'ci', expires_at: Date.parse('2026-12-31T22:59:59Z'), limits: { tasksInFlight: 2, quotas: [] }, webhooks: true
  })
})

test.each([
  [{ label: 5 }, 'must be a string'],
  [{ label: 'x'.repeat(201) }, 'must have at most 200 characters'],
  [{ expires_at: 'tomorrow' }, 'must be a time as in RFC 3339, such as 2026-12-31T23:59:59Z'],
  [{ expires_at: '2026-12-31' }, 'must be a time as in RFC 3339, such as 2026-12-31T23:59:59Z'],
  [{ expires_at: '2026-02-30T00:00:00Z' }, 'must be a time as in RFC 3339, such as 2026-12-31T23:59:59Z'],
  [{ expires_at: '2026-12-31T23:59:59' }, 'must be a time as in RFC 3339, such as 2026-12-31T23:59:59Z'],
  [{ expires_at: 1798761599000 }, 'must be a time as in RFC 3339, such as 2026-12-31T23:59:59Z'],
  [{ webhooks: 'yes' }, 'must be true or false'],
  [{ mode: 'demo' }, 'must be live or test']
])('a key cannot be minted with %j', (body, detail) => {
  expect(newKeySchema.safeParse(body).error?.issues.map(({ message }) => message)).toEqual([detail])
})

test('a key\'s settings written as JSON are read back as they were', () => {
  const team = aTeam()
  const settings = { label: 'ci', expiresAtMs: Date.parse('2026-12-31T23:59:59.123Z'), webhooks: true, policy: { models: ['a/b'] }, limits: { tasksInFlight: 3, quotas: [] } }
  const { expires_at: expiresAtMs, ...read } = keySettingsSchema.parse(JSON.parse(JSON.stringify(keySettingsJson(aKey(team, settings)))))
  expect({ expiresAtMs, ...read }).toEqual(settings)
  expect(keySettingsJson(aKey(team)).expires_at).toBe(null)
})
