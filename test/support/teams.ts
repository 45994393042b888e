// Teams and keys as an admin would make them; no two are alike, so that tests can share a store.
import { newKeyId, randomBase62, type TeamId } from '../../src/kernel/ids.ts'
import { hashKey, newKeySecret, type ApiKey } from '../../src/teams/api-key.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { NO_LIMITS } from '../../src/teams/limits.ts'
import type { Team } from '../../src/teams/team.ts'

const CREATED_AT_MS = Date.parse('2026-01-01T00:00:00Z')

/** A team in UTC that may do anything. */
export function aTeam (settings: Partial<Team> = {}): Team {
  return {
    id: `team-${randomBase62(16).toLowerCase()}` as TeamId,
    name: 'A team of a test',
    timeZone: 'UTC',
    limits: NO_LIMITS,
    policy: {},
    disabled: false,
    version: 1,
    createdAtMs: CREATED_AT_MS,
    updatedAtMs: CREATED_AT_MS,
    ...settings
  }
}

/** A key of the team that may do anything, the first of its lineage. */
export function aKey (team: Team, settings: Partial<ApiKey> = {}): ApiKey {
  const id = newKeyId()
  return {
    id,
    team: team.id,
    lineage: id,
    hash: hashKey(newKeySecret('live').reveal()),
    label: '',
    mode: 'live',
    webhooks: false,
    limits: NO_LIMITS,
    policy: {},
    expiresAtMs: null,
    revokedAtMs: null,
    replacedBy: null,
    version: 1,
    createdAtMs: CREATED_AT_MS,
    updatedAtMs: CREATED_AT_MS,
    ...settings
  }
}

/** A team with one key. */
export function aCaller (settings: { team?: Partial<Team>, key?: Partial<ApiKey> } = {}): Caller {
  const team = aTeam(settings.team)
  return { team, key: aKey(team, settings.key) }
}
