// The stories of a key: minted, changed, rotated, revoked.
import { z } from 'zod'
import { fieldErrors, type KnownFields } from '../kernel/field-errors.ts'
import { newKeyId, type KeyId, type TeamId } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import type { Secret } from '../kernel/secret.ts'
import type { AuditAction } from '../ledger/audit.ts'
import { endsBy, hashKey, hasEnded, keySettingsJson, keySettingsSchema, newKeySchema, newKeySecret, type ApiKey } from '../teams/api-key.ts'
import { CHANGES_MAX, NESTED_FIELDS, readTeam, type AdministrationDependencies } from './administer-teams.ts'
import { audited, changesBetween, type Actor } from './audited.ts'
import { policyOfCatalog } from './catalog-policy.ts'
import { mergePatch } from './merge-patch.ts'
import { invalidBody, refusal, type Refusal } from './refusals.ts'

/** A new key and its secret, which is shown this once. */
export type MintedKey = { key: ApiKey, secret: Secret }

/** A new key in the place of another one, which ends by itself. */
export type RotatedKey = MintedKey & { replaced: ApiKey }

const KEY: KnownFields = { '': ['label', 'expires_at', 'limits', 'policy', 'webhooks'], ...NESTED_FIELDS }
const NEW_KEY: KnownFields = { '': [...KEY[''] ?? [], 'mode'], ...NESTED_FIELDS }

const OVERLAP_S = { byDefault: 86_400, max: 30 * 86_400 }
const overlapError = `must be a whole number of seconds from 0 to ${OVERLAP_S.max}`

/** The body that rotates a key. */
export const rotationSchema = jsonObject({
  overlap_seconds: z.int({ error: overlapError }).min(0, { error: overlapError }).max(OVERLAP_S.max, { error: overlapError }).default(OVERLAP_S.byDefault)
})

/** @throws Refusal `not_found` or `invalid_body` */
export async function mintKey (deps: AdministrationDependencies, actor: Actor, order: { team: TeamId, body: unknown }): Promise<MintedKey> {
  const team = await readTeam(deps, order.team)
  const parsed = newKeySchema.safeParse(order.body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, NEW_KEY))
  const { expires_at: expiresAtMs, policy, ...settings } = parsed.data
  if (expiresAtMs !== null && expiresAtMs <= deps.clock.nowMs()) throw invalidBody([{ pointer: '/expires_at', detail: 'must be in the future' }])
  const id = newKeyId()
  const minted = freshKey({ ...settings, id, team: team.id, lineage: id, expiresAtMs, policy: policyOfCatalog(deps.catalog, policy) }, deps.clock.nowMs())
  await audited(deps, actor, {
    action: 'key.minted', team: team.id, keyId: id, changes: changesBetween({}, { mode: settings.mode, ...keySettingsJson(minted.key) }), make: () => deps.directory.createKey(minted.key)
  })
  return minted
}

/** @throws Refusal `not_found` */
export async function readKey ({ directory }: AdministrationDependencies, id: KeyId): Promise<ApiKey> {
  const key = await directory.readKey(id)
  if (key === undefined) throw refusal('not_found', `There is no key ${id}.`)
  return key
}

/** Merges a change (RFC 7396) into the key's settings. @throws Refusal `not_found` or `invalid_body` */
export async function changeKey (deps: AdministrationDependencies, actor: Actor, change: { id: KeyId, patch: unknown }): Promise<ApiKey> {
  return replaceKey(deps, actor, {
    id: change.id,
    action: 'key.changed',
    change (key) {
      const parsed = keySettingsSchema.safeParse(mergePatch(keySettingsJson(key), change.patch))
      if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, KEY))
      const { expires_at: expiresAtMs, policy, ...settings } = parsed.data
      return { ...key, ...settings, expiresAtMs, policy: policyOfCatalog(deps.catalog, policy) }
    }
  })
}

/**
 * A new key with the same rights and the same budgets, because it is of the same lineage; the old one ends after the overlap.
 * @throws Refusal `not_found`, `invalid_body`, or `key_ended`
 */
export async function rotateKey (deps: AdministrationDependencies, actor: Actor, order: { id: KeyId, body: unknown }): Promise<RotatedKey> {
  const parsed = rotationSchema.safeParse(order.body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, { '': Object.keys(rotationSchema.shape) }))
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const key = await readKey(deps, order.id)
    const nowMs = deps.clock.nowMs()
    if (hasEnded(key, nowMs)) throw refusal('key_ended', `Key ${key.id} is revoked or has expired; mint a new one.`)
    if (key.replacedBy !== null) throw refusal('key_ended', `Key ${key.id} was rotated already; rotate ${key.replacedBy}, which took its place.`)
    const fresh = freshKey({ ...key, id: newKeyId() }, nowMs)
    const replaced: ApiKey = {
      ...endsBy(key, nowMs + parsed.data.overlap_seconds * 1000), replacedBy: fresh.key.id, version: key.version + 1, updatedAtMs: nowMs
    }
    const isMade = await audited(deps, actor, {
      action: 'key.rotated',
      team: key.team,
      keyId: key.id,
      changes: changesBetween(auditedSettings(key), auditedSettings(replaced)),
      make: () => deps.directory.rotateKey({ replaced, fresh: fresh.key }),
      isMade: Boolean
    })
    if (isMade) return { ...fresh, replaced }
  }
  throw changedOverAndOver()
}

/** From now on no create is admitted with this key. Revoking twice is once. @throws Refusal `not_found` */
export async function revokeKey (deps: AdministrationDependencies, actor: Actor, id: KeyId): Promise<void> {
  await replaceKey(deps, actor, { id, action: 'key.revoked', change: key => ({ ...key, revokedAtMs: key.revokedAtMs ?? deps.clock.nowMs() }) })
}

type KeyChange = { id: KeyId, action: AuditAction, change: (key: ApiKey) => ApiKey }

/** Reads, changes and stores; begins again if another change came in between, and does nothing where nothing changes. */
async function replaceKey (deps: AdministrationDependencies, actor: Actor, { id, action, change }: KeyChange): Promise<ApiKey> {
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const key = await readKey(deps, id)
    const next = { ...change(key), version: key.version + 1, updatedAtMs: deps.clock.nowMs() }
    const changes = changesBetween(auditedSettings(key), auditedSettings(next))
    if (Object.keys(changes).length === 0) return key
    if (await audited(deps, actor, { action, team: key.team, keyId: id, changes, make: () => deps.directory.replaceKey(next), isMade: Boolean })) return next
  }
  throw changedOverAndOver()
}

function auditedSettings (key: ApiKey): object { return { ...keySettingsJson(key), revoked: key.revokedAtMs !== null, replaced_by: key.replacedBy } }

function freshKey (settings: Omit<ApiKey, 'hash' | 'revokedAtMs' | 'replacedBy' | 'version' | 'createdAtMs' | 'updatedAtMs'>, nowMs: number): MintedKey {
  const secret = newKeySecret(settings.mode)
  return { key: { ...settings, hash: hashKey(secret.reveal()), revokedAtMs: null, replacedBy: null, version: 1, createdAtMs: nowMs, updatedAtMs: nowMs }, secret }
}

function changedOverAndOver (): Refusal {
  return refusal('ledger_unavailable', 'The key is being changed over and over; a later try may succeed.', { retryAfterS: 1 })
}
