// A key as the admin API shows it; never the key itself.
import { rfc3339 } from '../../kernel/time.ts'
import { keySettingsJson, type ApiKey } from '../../teams/api-key.ts'

export function keyJson (key: ApiKey) {
  return {
    id: key.id,
    team: key.team,
    // The first key of the chain of rotations, to which the budgets belong.
    lineage: key.lineage,
    mode: key.mode,
    ...keySettingsJson(key),
    replaced_by: key.replacedBy,
    revoked_at: momentOf(key.revokedAtMs),
    created_at: rfc3339(key.createdAtMs),
    updated_at: rfc3339(key.updatedAtMs)
  }
}

/** The key that was rotated, and when it ends. */
export function replacedKeyJson ({ id, expiresAtMs }: ApiKey) { return { id, expires_at: momentOf(expiresAtMs) } }

function momentOf (ms: number | null): string | null { return ms === null ? null : rfc3339(ms) }
