// What has to be done so that teams and keys become what a file wants: computed from what is wanted and what is, nothing else.
import { pointerTo, type FieldError } from '../kernel/field-errors.ts'
import type { KeyId, TeamId } from '../kernel/ids.ts'
import { hasEnded, keySettingsJson, newKeySchema, type ApiKey } from '../teams/api-key.ts'
import { NO_LIMITS } from '../teams/limits.ts'
import { teamSettingsJson, type Team } from '../teams/team.ts'
import type { ListedKey, ListedTeam } from '../teams/teams-file.ts'
import { patchBetween } from './merge-patch.ts'

export type Wanted = { teams: readonly ListedTeam[], prune: boolean }

/** All teams, and all keys of those teams that are wanted with keys. */
export type Existing = { teams: readonly Team[], keys: ReadonlyMap<TeamId, readonly ApiKey[]>, nowMs: number }

/** Settings before and after, by their name in the admin API; before the beginning there is null. */
export type Changes = Record<string, { before: unknown, after: unknown }>

export type Step = { team: TeamId, changes: Changes } & (
  | { action: 'create', settings: object }
  | { action: 'change' | 'enable', patch: unknown }
  | { action: 'disable' }
  | { action: 'mint', label: string, settings: object }
  | { action: 'change_key', keyId: KeyId, label: string, patch: unknown }
  | { action: 'revoke', keyId: KeyId, label: string }
)

/** What exists and is not in the file: a team, or a key of a team that is. */
export type Unlisted = { team: TeamId, keyId: KeyId | null, label: string | null }

export type Plan = { steps: Step[], unlisted: Unlisted[] }

type Settings = Record<string, unknown>

/** In the order in which they are done. New keys come last: what is shown once is not lost when an earlier step fails. */
export const STEP_ACTIONS = ['create', 'change', 'enable', 'change_key', 'revoke', 'disable', 'mint'] as const satisfies readonly Step['action'][]

const NEW_TEAM: Settings = teamSettingsJson({ name: '', timeZone: 'UTC', limits: NO_LIMITS, policy: {}, disabled: false })
const NEW_KEY: Settings = newKeySettings(newKeySchema.parse({}))

/** The steps from what is to what is wanted: none if it is so already. What nobody listed becomes a step only when it is to be pruned, and is left alone otherwise. */
export function planTeams (wanted: Wanted, existing: Existing): Plan {
  const found = new Map(existing.teams.map(team => [team.id, team]))
  const listed = new Set(wanted.teams.map(({ id }) => id))
  const unlisted: Unlisted[] = existing.teams
    .filter(({ id, disabled }) => !disabled && !listed.has(id))
    .map(({ id }) => ({ team: id, keyId: null, label: null }))
  const steps = wanted.teams.flatMap(team => {
    const keys = team.keys === undefined ? undefined : planKeys(team.id, team.keys, liveKeys(existing, team.id))
    unlisted.push(...keys?.unlisted ?? [])
    return [...teamSteps(team, found.get(team.id)), ...keys?.steps ?? []]
  })
  if (!wanted.prune) return { steps: inOrder(steps), unlisted }
  return { steps: inOrder([...steps, ...unlisted.map(pruned)]), unlisted: [] }
}

/** What is wanted and cannot be, because of what exists; pointers into the body. */
export function conflicts (teams: readonly (ListedTeam | undefined)[], existing: Existing): FieldError[] {
  return teams.flatMap((team, teamIndex) => {
    if (team?.keys === undefined) return []
    const namesakes = Map.groupBy(liveKeys(existing, team.id).filter(isCurrent), ({ label }) => label)
    return team.keys.flatMap((key, keyIndex): FieldError[] => {
      const found = namesakes.get(key.label) ?? []
      const [only, ...others] = found
      const at = (field: string): string => pointerTo(['teams', teamIndex, 'keys', keyIndex, field])
      if (others.length > 0) return [{ pointer: at('label'), detail: `is the label of ${found.length} keys (${found.map(({ id }) => id).join(', ')}): give all but one another label, or revoke them` }]
      if (only === undefined || only.mode === key.mode) return []
      return [{ pointer: at('mode'), detail: `cannot become ${key.mode}: ${only.id} is a ${only.mode} key; a new label makes a new key` }]
    })
  })
}

/** The keys that are neither revoked nor expired. */
function liveKeys ({ keys, nowMs }: Existing, team: TeamId): ApiKey[] {
  return (keys.get(team) ?? []).filter(key => !hasEnded(key, nowMs))
}

/** A key that was rotated ends by itself: the file means the one in its place, even if that one has ended already. */
function isCurrent ({ replacedBy }: ApiKey): boolean { return replacedBy === null }

function teamSteps (wanted: ListedTeam, found: Team | undefined): Step[] {
  const team = wanted.id
  const after = teamSettingsJson({ ...wanted, timeZone: wanted.timezone, disabled: false })
  if (found === undefined) {
    const { disabled, ...settings } = after
    return [{ action: 'create', team, settings, changes: beginnings(NEW_TEAM, after) }]
  }
  const { disabled, ...settings } = changesBetween(teamSettingsJson(found), after)
  const steps: Step[] = []
  if (Object.keys(settings).length > 0) steps.push({ action: 'change', team, patch: patchOf(settings), changes: settings })
  if (disabled !== undefined) steps.push({ action: 'enable', team, patch: { disabled: false }, changes: { disabled } })
  return steps
}

function planKeys (team: TeamId, wanted: readonly ListedKey[], live: readonly ApiKey[]): Plan {
  const byLabel = new Map(live.filter(isCurrent).map(key => [key.label, key]))
  const listed = new Set<KeyId>()
  const steps = wanted.flatMap((key): Step[] => {
    const { label } = key
    const after = newKeySettings(key)
    const found = byLabel.get(label)
    if (found === undefined) return [{ action: 'mint', team, label, settings: after, changes: beginnings(NEW_KEY, after) }]
    listed.add(found.lineage)
    const changes = changesBetween({ ...keySettingsJson(found), mode: found.mode }, after)
    return Object.keys(changes).length === 0 ? [] : [{ action: 'change_key', team, keyId: found.id, label, patch: patchOf(changes), changes }]
  })
  const unlisted = live.filter(({ lineage }) => !listed.has(lineage)).map(({ id, label }) => ({ team, keyId: id, label }))
  return { steps, unlisted }
}

function newKeySettings ({ expires_at: expiresAtMs, mode, ...settings }: ReturnType<typeof newKeySchema.parse>): Settings {
  return { ...keySettingsJson({ ...settings, expiresAtMs }), mode }
}

function pruned ({ team, keyId, label }: Unlisted): Step {
  return keyId === null ? { action: 'disable', team, changes: {} } : { action: 'revoke', team, keyId, label: label ?? '', changes: {} }
}

function inOrder (steps: Step[]): Step[] {
  return steps.toSorted((a, b) => STEP_ACTIONS.indexOf(a.action) - STEP_ACTIONS.indexOf(b.action))
}

/** What a new one has beyond the defaults; its label is said elsewhere. */
function beginnings (defaults: Settings, after: Settings): Changes {
  const { label, ...changes } = changesBetween(defaults, after)
  return Object.fromEntries(Object.entries(changes).map(([name, { after }]) => [name, { before: null, after }]))
}

function changesBetween (before: Settings, after: Settings): Changes {
  return Object.fromEntries(Object.keys(after)
    .filter(name => canonical(before[name]) !== canonical(after[name]))
    .map(name => [name, { before: before[name], after: after[name] }]))
}

function patchOf (changes: Changes): object {
  return Object.fromEntries(Object.entries(changes).map(([name, { before, after }]) => [name, patchBetween(before, after)]))
}

/** One text for all that means the same: no list of the settings has an order, and nothing is as good as absent. */
function canonical (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).sort().join()}}`
}
