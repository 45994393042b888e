// The stories of a team: created, changed, disabled.
import type { Endpoint } from '../catalog/endpoint.ts'
import { fieldErrors, type KnownFields } from '../kernel/field-errors.ts'
import type { TeamId } from '../kernel/ids.ts'
import type { TeamDirectory } from '../teams/directory.ts'
import { newTeamSchema, teamSettingsJson, teamSettingsSchema, type Team } from '../teams/team.ts'
import { audited, changesBetween, type Actor, type AuditDependencies } from './audited.ts'
import { policyOfCatalog } from './catalog-policy.ts'
import { mergePatch } from './merge-patch.ts'
import { invalidBody, refusal } from './refusals.ts'

export type AdministrationDependencies = AuditDependencies & { directory: TeamDirectory, catalog: readonly Endpoint[] }

/** The fields of the nested objects that teams and keys share. */
export const NESTED_FIELDS: KnownFields = {
  limits: ['requests_per_minute', 'tasks_in_flight', 'quotas'],
  quotas: ['per', 'unit', 'limit'],
  policy: ['models', 'fields']
}
const NEW_TEAM: KnownFields = { '': ['id', 'name', 'timezone', 'limits', 'policy'], ...NESTED_FIELDS }
const TEAM: KnownFields = { '': ['name', 'timezone', 'limits', 'policy', 'disabled'], ...NESTED_FIELDS }

/** How often a change is tried again that met another one. */
export const CHANGES_MAX = 10

/** @throws Refusal `invalid_body`, or `already_exists` */
export async function createTeam (deps: AdministrationDependencies, actor: Actor, body: unknown): Promise<Team> {
  const parsed = newTeamSchema.safeParse(body)
  if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, NEW_TEAM))
  const { id, name, timezone, limits, policy } = parsed.data
  const nowMs = deps.clock.nowMs()
  const team: Team = {
    id, name, timeZone: timezone, limits, policy: policyOfCatalog(deps.catalog, policy), disabled: false, version: 1, createdAtMs: nowMs, updatedAtMs: nowMs
  }
  const isNew = await deps.directory.readTeam(id) === undefined && await audited(deps, actor, {
    action: 'team.created', team: id, changes: changesBetween({}, teamSettingsJson(team)), make: () => deps.directory.createTeam(team), isMade: Boolean
  })
  if (!isNew) throw refusal('already_exists', `There is a team ${id} already; change it with PATCH.`)
  return team
}

/** @throws Refusal `not_found` */
export async function readTeam ({ directory }: AdministrationDependencies, id: TeamId): Promise<Team> {
  const team = await directory.readTeam(id)
  if (team === undefined) throw refusal('not_found', `There is no team ${id}.`)
  return team
}

/** Merges a change (RFC 7396) into the team's settings. @throws Refusal `not_found` or `invalid_body` */
export async function changeTeam (deps: AdministrationDependencies, actor: Actor, change: { id: TeamId, patch: unknown }): Promise<Team> {
  for (let attempt = 1; attempt <= CHANGES_MAX; attempt++) {
    const team = await readTeam(deps, change.id)
    const parsed = teamSettingsSchema.safeParse(mergePatch(teamSettingsJson(team), change.patch))
    if (!parsed.success) throw invalidBody(fieldErrors(parsed.error, TEAM))
    const { timezone, policy, ...settings } = parsed.data
    const next: Team = {
      ...team, ...settings, timeZone: timezone, policy: policyOfCatalog(deps.catalog, policy), version: team.version + 1, updatedAtMs: deps.clock.nowMs()
    }
    const changes = changesBetween(teamSettingsJson(team), teamSettingsJson(next))
    if (Object.keys(changes).length === 0) return team
    const action = next.disabled && !team.disabled ? 'team.disabled' : 'team.changed'
    if (await audited(deps, actor, { action, team: team.id, changes, make: () => deps.directory.replaceTeam(next), isMade: Boolean })) return next
  }
  throw refusal('ledger_unavailable', 'The team is being changed over and over; a later try may succeed.', { retryAfterS: 1 })
}

/** From now on the team's keys are refused; its running tasks still settle. @throws Refusal `not_found` */
export async function disableTeam (deps: AdministrationDependencies, actor: Actor, id: TeamId): Promise<void> {
  await changeTeam(deps, actor, { id, patch: { disabled: true } })
}
