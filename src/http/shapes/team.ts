// A team as the admin API shows it.
import { rfc3339 } from '../../kernel/time.ts'
import { teamSettingsJson, type Team } from '../../teams/team.ts'

export function teamJson (team: Team) {
  return { id: team.id, ...teamSettingsJson(team), created_at: rfc3339(team.createdAtMs), updated_at: rfc3339(team.updatedAtMs) }
}
