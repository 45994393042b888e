// The story of a file of teams: all of it is checked before anything is changed, and applying it twice changes nothing.
import { setImmediate } from 'node:timers/promises'
import type { Endpoint } from '../catalog/endpoint.ts'
import { fieldErrors, pointerTo, type FieldError, type KnownFields } from '../kernel/field-errors.ts'
import type { KeyId, TeamId } from '../kernel/ids.ts'
import type { Page, PageQuery } from '../kernel/page.ts'
import type { Secret } from '../kernel/secret.ts'
import { unreachable } from '../kernel/unreachable.ts'
import type { ApiKey } from '../teams/api-key.ts'
import { applySchema, listedKeySchema, listedTeamSchema, type ListedTeam } from '../teams/teams-file.ts'
import { changeKey, mintKey, revokeKey } from './administer-keys.ts'
import { changeTeam, createTeam, disableTeam, NESTED_FIELDS, type AdministrationDependencies } from './administer-teams.ts'
import type { Actor } from './audited.ts'
import { checkPolicy } from './catalog-policy.ts'
import { conflicts, planTeams, type Existing, type Step, type Unlisted } from './plan-teams.ts'
import { invalidBody } from './refusals.ts'

/** A step, planned or done; `minted` is the new key, which is shown this once. */
export type AppliedStep = Step & { minted?: { id: KeyId, secret: Secret } }

export type Applied = { dryRun: boolean, steps: AppliedStep[], unlisted: Unlisted[] }

const APPLY: KnownFields = {
  '': Object.keys(applySchema.shape),
  teams: Object.keys(listedTeamSchema.shape),
  keys: Object.keys(listedKeySchema.shape),
  ...NESTED_FIELDS
}
/** How many teams or keys are read at a time. */
const PAGE = 100

/**
 * Makes teams and keys as the body wants them. A failure in the middle leaves what was done; applying again does the rest.
 * @throws Refusal `invalid_body` that names everything that is wrong, before anything is changed
 */
export async function applyTeams (deps: AdministrationDependencies, actor: Actor, body: unknown): Promise<Applied> {
  const parsed = applySchema.safeParse(body)
  // What is right is looked at all the same, so that all that is wrong is said at once.
  const teams = parsed.success ? parsed.data.teams : readableTeams(body)
  const checked = checkTeams(deps.catalog, teams)
  const existing = await readExisting(deps, checked.teams)
  const errors = [
    ...parsed.success ? [] : fieldErrors(parsed.error, APPLY),
    ...checked.errors, ...repetitions(teams), ...expired(teams, existing.nowMs), ...conflicts(checked.teams, existing)
  ]
  if (!parsed.success || errors.length > 0) throw invalidBody(errors)

  const { prune, dry_run: dryRun } = parsed.data
  const { steps, unlisted } = planTeams({ teams: checked.teams.filter(team => team !== undefined), prune }, existing)
  if (dryRun) return { dryRun, steps, unlisted }
  const done: AppliedStep[] = []
  for (const step of steps) {
    done.push(await take(deps, actor, step))
    // The driver of the embedded ledger is synchronous: others come in between.
    await setImmediate()
  }
  return { dryRun, steps: done, unlisted }
}

async function take (deps: AdministrationDependencies, actor: Actor, step: Step): Promise<AppliedStep> {
  const { team } = step
  switch (step.action) {
    case 'create': await createTeam(deps, actor, { id: team, ...step.settings }); return step
    case 'change':
    case 'enable': await changeTeam(deps, actor, { id: team, patch: step.patch }); return step
    case 'disable': await disableTeam(deps, actor, team); return step
    case 'change_key': await changeKey(deps, actor, { id: step.keyId, patch: step.patch }); return step
    case 'revoke': await revokeKey(deps, actor, step.keyId); return step
    case 'mint': {
      const { key, secret } = await mintKey(deps, actor, { team, body: step.settings })
      return { ...step, minted: { id: key.id, secret } }
    }
    default: return unreachable(step)
  }
}

/** The teams of a body that is not valid: those that are by themselves, in their places. */
function readableTeams (body: unknown): (ListedTeam | undefined)[] {
  if (typeof body !== 'object' || body === null || !('teams' in body) || !Array.isArray(body.teams)) return []
  return body.teams.map(team => listedTeamSchema.safeParse(team).data)
}

/** Policies in normal form, and what in them does not exist. */
function checkTeams (catalog: readonly Endpoint[], listed: readonly (ListedTeam | undefined)[]): { teams: (ListedTeam | undefined)[], errors: FieldError[] } {
  const errors: FieldError[] = []
  const normal = <Holder extends Pick<ListedTeam, 'policy'>>(holder: Holder, path: PropertyKey[]): Holder => {
    const checked = checkPolicy(catalog, holder.policy)
    errors.push(...checked.errors.map(({ pointer, detail }) => ({ pointer: pointerTo(path) + pointer, detail })))
    return { ...holder, policy: checked.policy }
  }
  const teams = listed.map((team, index) => team && {
    ...normal(team, ['teams', index]),
    keys: team.keys?.map((key, keyIndex) => normal(key, ['teams', index, 'keys', keyIndex]))
  })
  return { teams, errors }
}

/** Two teams of one id, two keys of one label. */
function repetitions (teams: readonly (ListedTeam | undefined)[]): FieldError[] {
  const ids = new Set<string>()
  return teams.flatMap((team, index) => {
    if (team === undefined) return []
    const labels = new Set<string>()
    return [
      ...oneMore(ids, team.id, ['teams', index, 'id']),
      ...(team.keys ?? []).flatMap(({ label }, keyIndex) => oneMore(labels, label, ['teams', index, 'keys', keyIndex, 'label']))
    ]
  })
}

function oneMore (names: Set<string>, name: string, path: PropertyKey[]): FieldError[] {
  if (names.has(name)) return [{ pointer: pointerTo(path), detail: `must not be listed twice: ${name} stands above already` }]
  names.add(name)
  return []
}

function expired (teams: readonly (ListedTeam | undefined)[], nowMs: number): FieldError[] {
  return teams.flatMap((team, index) => (team?.keys ?? []).flatMap(({ expires_at: expiresAtMs }, keyIndex) => expiresAtMs === null || expiresAtMs > nowMs
    ? []
    : [{ pointer: pointerTo(['teams', index, 'keys', keyIndex, 'expires_at']), detail: 'must be in the future; a key that has ended is taken out of the file' }]))
}

async function readExisting ({ directory, clock }: AdministrationDependencies, wanted: readonly (ListedTeam | undefined)[]): Promise<Existing> {
  const teams = await readAll(query => directory.listTeams(query))
  const known = new Set(teams.map(({ id }) => id))
  const keys = new Map<TeamId, ApiKey[]>()
  for (const team of wanted) {
    if (team?.keys === undefined || !known.has(team.id) || keys.has(team.id)) continue
    keys.set(team.id, await readAll(query => directory.listKeys(team.id, query)))
  }
  return { teams, keys, nowMs: clock.nowMs() }
}

async function readAll<Row> (read: (query: PageQuery) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const page: Page<Row> = await read({ limit: PAGE, cursor })
    rows.push(...page.rows)
    cursor = page.nextCursor
    await setImmediate()
  } while (cursor !== null)
  return rows
}
