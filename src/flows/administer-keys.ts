// The stories of a key: minted, changed, revoked.
import { fieldErrors, type KnownFields } from '../kernel/field-errors.ts'
import { newKeyId, type KeyId, type TeamId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import { hashKey, keySettingsJson, keySettingsSchema, newKeySchema, newKeySecret, type ApiKey } from '../teams/api-key.ts'
import { CHANGES_MAX, NESTED_FIELDS, readTeam, type Actor, type AdministrationDependencies } from './administer-teams.ts'
import { policyOfCatalog } from './catalog-policy.ts'
import { mergePatch } from './merge-patch.ts'
import { invalidBody, refusal } from './refusals.ts'

const KEY: KnownFields = { '': ['label', 'expires_at', 'limits', 'policy', 'webhooks'], ...NESTED_FIELDS }
const NEW_KEY: KnownFields = { '': [...KEY[''] ?? [], 'mode'], ...NESTED_FIELDS }

/** A new key and its secret, which is shown this once. @throws Refusal `not_found` or `invalid_body` */
export async function mintKey (deps: AdministrationDependencies, actor: Actor, order: { team: TeamId, body: unknown }): Promise<{ key: ApiKey, secret: Secret }> {
  const team = await readTeam(deps, order.team)
  const parsed = newKeySchema.safeParse(order.body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, NEW_KEY))
  const { expires_at: expiresAtMs, policy, ...settings } = parsed.data
  if (expiresAtMs !== null && expiresAtMs <= deps.clock.nowMs()) throw invalidBody([{ pointer: '/expires_at', detail: 'must be in the future' }])
  const id = newKeyId()
  const secret = newKeySecret(settings.mode)
  const nowMs = deps.clock.nowMs()
  const key: ApiKey = {
    ...settings, id, team: team.id, lineage: id, hash: hashKey(secret.reveal()), expiresAtMs, revokedAtMs: null, policy: policyOfCatalog(deps.catalog, policy), version: 1, createdAtMs: nowMs, updatedAtMs: nowMs
  }
  await deps.directory.createKey(key)
  actor.log.info({ team: team.id, key_id: id, actor: actor.name }, 'key minted')
  return { key, secret }
}

/** @throws Refusal `not_found` */
export async function readKey ({ directory }: AdministrationDependencies, id: KeyId): Promise<ApiKey> {
  const key = await directory.readKey(id)
  if (key === undefined) throw refusal('not_found', `There is no key ${id}.`)
  return key
}

/** Merges a change (RFC 7396) into the key's settings. @throws Refusal `not_found` or `invalid_body` */
export async function changeKey (deps: AdministrationDependencies, actor: Actor, change: { id: KeyId, patch: unknown }): Promise<ApiKey> {
  const next = await replaceKey(deps, change.id, key => {
    const parsed = keySettingsSchema.safeParse(mergePatch(keySettingsJson(key), change.patch))
    if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, KEY))
    const { expires_at: expiresAtMs, policy, ...settings } = parsed.data
    return { ...key, ...settings, expiresAtMs, policy: policyOfCatalog(deps.catalog, policy) }
  })
  actor.log.info({ team: next.team, key_id: next.id, actor: actor.name }, 'key changed')
  return next
}

/** From now on no create is admitted with this key. Revoking twice is once. @throws Refusal `not_found` */
export async function revokeKey (deps: AdministrationDependencies, actor: Actor, id: KeyId): Promise<void> {
  const key = await replaceKey(deps, id, key => ({ ...key, revokedAtMs: key.revokedAtMs ?? deps.clock.nowMs() }))
  actor.log.info({ team: key.team, key_id: key.id, actor: actor.name }, 'key revoked')
}

/** Reads, changes and stores; begins again if another change came in between. */
async function replaceKey (deps: AdministrationDependencies, id: KeyId, change: (key: ApiKey) => ApiKey): Promise<ApiKey> {
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const key = await readKey(deps, id)
    const next = { ...change(key), version: key.version + 1, updatedAtMs: deps.clock.nowMs() }
    if (await deps.directory.replaceKey(next)) return next
  }
  throw refusal('ledger_unavailable', 'The key is being changed over and over; a later try may succeed.', { retryAfterS: 1 })
}
