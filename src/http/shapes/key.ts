// A key as the admin API shows it; never the key itself.
import { rfc3339 } from '../../kernel/time.ts'
import { keySettingsJson, type ApiKey } from '../../teams/api-key.ts'

export function keyJson (key: ApiKey) {
  return {
    id: key.id,
    team: key.team,
    mode: key.mode,
    ...keySettingsJson(key),
    revoked_at: key.revokedAtMs === null ? null : rfc3339(key.revokedAtMs),
    created_at: rfc3339(key.createdAtMs),
    updated_at: rfc3339(key.updatedAtMs)
  }
}
