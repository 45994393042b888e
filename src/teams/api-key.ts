// A team's key: how it is written, how it is recognized without a look-up, and what is kept of it.
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { BASE62, randomBase62, type KeyId, type TeamId } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import { Secret } from '../kernel/secret.ts'
import { rfc3339 } from '../kernel/time.ts'
import { limitsJson, limitsSchema, NO_LIMITS, type Limits } from './limits.ts'
import { policySchema, type Policy } from './policy.ts'

export const KEY_MODES = ['live', 'test'] as const
/** What a test key begins costs nothing, and happens in the built-in simulator. */
export type KeyMode = typeof KEY_MODES[number]

export type ApiKey = {
  id: KeyId
  team: TeamId
  /** the first key of a chain of rotations: quotas belong to it */
  lineage: KeyId
  /** SHA-256 of the whole key, hexadecimal; the key itself is kept nowhere */
  hash: string
  label: string
  mode: KeyMode
  /** whether it may change the team's webhooks */
  webhooks: boolean
  limits: Limits
  policy: Policy
  expiresAtMs: number | null
  /** the key that a rotation put in its place */
  replacedBy: KeyId | null
  revokedAtMs: number | null
  /** grows with every change */
  version: number
  createdAtMs: number
  updatedAtMs: number
}

const RANDOM_CHARACTERS = 30
const CHECKSUM_CHARACTERS = 6
const WRITTEN_KEY = new RegExp(`^mg_(?:live|test)_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`)

/** Writes a new key: prefix, 30 random base62 characters, and 6 of the CRC-32 over all that precedes. */
export function newKeySecret (mode: KeyMode): Secret {
  const body = `mg_${mode}_${randomBase62(RANDOM_CHARACTERS)}`
  return new Secret(body + checksum(body))
}

/** Whether a text has a key's form and the right checksum; says nothing of whether the key exists. */
export function looksLikeKey (text: string): boolean {
  return WRITTEN_KEY.test(text) && text.endsWith(checksum(text.slice(0, -CHECKSUM_CHARACTERS)))
}

/** SHA-256 of a whole key, hexadecimal. */
export function hashKey (text: string): string { return hash('sha256', text) }

/** Whether the key has ended for good: revoked, or past its time. */
export function hasEnded ({ revokedAtMs, expiresAtMs }: ApiKey, nowMs: number): boolean {
  return revokedAtMs !== null || (expiresAtMs !== null && nowMs >= expiresAtMs)
}

/** The key with an end that is not later than this; what ends sooner stays as it is. */
export function endsBy (key: ApiKey, endMs: number): ApiKey {
  return { ...key, expiresAtMs: key.expiresAtMs === null ? endMs : Math.min(key.expiresAtMs, endMs) }
}

/** CRC-32 of the text in six base62 characters, left-padded with `0`. */
function checksum (text: string): string {
  let rest = crc32(text)
  let digits = ''
  while (rest > 0) {
    digits = BASE62.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits.padStart(CHECKSUM_CHARACTERS, '0')
}

const moment = z.iso.datetime({ offset: true, error: 'must be a time as in RFC 3339, such as 2026-12-31T23:59:59Z' })
  .transform(text => Date.parse(text))

const settings = {
  label: z.string({ error: 'must be a string' }).max(200, { error: 'must have at most 200 characters' }).default('').meta({ description: 'for people' }),
  expires_at: moment.nullable().default(null).meta({ description: 'when it ends' }),
  limits: limitsSchema.default(NO_LIMITS).meta({ description: 'for this key alone; those of its team hold as well' }),
  policy: policySchema.default({}).meta({ description: 'what this key may ask for; that of its team holds as well' }),
  webhooks: z.boolean({ error: 'must be true or false' }).default(false).meta({ description: 'whether it may change the team\'s webhooks' })
}

/** The body that mints a key. */
export const newKeySchema = jsonObject({
  ...settings,
  mode: z.enum(KEY_MODES, { error: 'must be live or test' }).default('live')
    .meta({ description: 'what a `test` key begins happens in the built-in simulator and costs nothing' })
})

/** A key's settings after a change was merged into them. */
export const keySettingsSchema = jsonObject(settings)

/** A key's settings in the form of the admin API: what a change is merged into. */
export function keySettingsJson ({ label, expiresAtMs, limits, policy, webhooks }: Pick<ApiKey, 'label' | 'expiresAtMs' | 'limits' | 'policy' | 'webhooks'>) {
  return { label, expires_at: expiresAtMs === null ? null : rfc3339(expiresAtMs), limits: limitsJson(limits), policy, webhooks }
}
