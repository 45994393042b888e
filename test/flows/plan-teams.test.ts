// The plan of a file of teams: what rotated, relabelled and ended keys leave to be done, without a ledger.
import { expect, test } from 'vitest'
import { conflicts, planTeams, type Existing, type Step } from '../../src/flows/plan-teams.ts'
import type { ApiKey } from '../../src/teams/api-key.ts'
import { listedTeamSchema } from '../../src/teams/teams-file.ts'
import { aKey, aTeam } from '../support/teams.ts'

const NOW_MS = Date.parse('2026-11-22T12:00:00Z')
const TOMORROW_MS = NOW_MS + 86_400_000
const team = aTeam({ name: '' })

/** What a file leaves to do that wants the team to have keys of these labels. */
function plan (labels: string[], keys: ApiKey[], prune = false): { steps: string[], unlisted: (string | null)[], errors: string[] } {
  const wanted = listedTeamSchema.parse({ id: team.id, keys: labels.map(label => ({ label })) })
  const existing: Existing = { teams: [team], keys: new Map([[team.id, keys]]), nowMs: NOW_MS }
  const { steps, unlisted } = planTeams({ teams: [wanted], prune }, existing)
  return { steps: steps.map(wordsOf), unlisted: unlisted.map(({ keyId }) => keyId), errors: conflicts([wanted], existing).map(({ pointer, detail }) => `${pointer} ${detail}`) }
}

function wordsOf (step: Step): string { return [step.action, 'keyId' in step ? step.keyId : step.action === 'mint' ? step.label : ''].join(' ').trim() }

/** A key that is rotated: the new one, and the old one, which ends by itself. */
function rotated (old: ApiKey): [ApiKey, ApiKey] {
  const fresh = aKey(team, { ...old, id: aKey(team).id })
  return [fresh, { ...old, expiresAtMs: TOMORROW_MS, replacedBy: fresh.id }]
}

test('of a rotated key the file means the new one, and the old one ends by itself', () => {
  expect(plan(['farm'], rotated(aKey(team, { label: 'farm' })))).toEqual({ steps: [], unlisted: [], errors: [] })
})

test('of a key that was rotated twice the file means the newest', () => {
  const [second, first] = rotated(aKey(team, { label: 'farm' }))
  expect(plan(['farm'], [...rotated(second), first])).toEqual({ steps: [], unlisted: [], errors: [] })
})

test('a rotated key that the file does not name is pruned with the one before it', () => {
  const keys = rotated(aKey(team, { label: 'farm' }))
  const ids = keys.map(({ id }) => id)
  expect(plan([], keys)).toMatchObject({ steps: [], unlisted: ids })
  expect(plan([], keys, true)).toMatchObject({ steps: ids.map(id => `revoke ${id}`), unlisted: [] })
})

test('when the newest of a rotation was revoked, the one before it is not kept alive in its place', () => {
  const [fresh, old] = rotated(aKey(team, { label: 'farm' }))
  expect(plan(['farm'], [{ ...fresh, revokedAtMs: NOW_MS }, old])).toEqual({ steps: ['mint farm'], unlisted: [old.id], errors: [] })
})

test('what was given another label after a rotation goes by that label', () => {
  const [fresh, old] = rotated(aKey(team, { label: 'farm' }))
  expect(plan(['works'], [{ ...fresh, label: 'works' }, old])).toEqual({ steps: [], unlisted: [], errors: [] })
})

test('a key that expires in this millisecond has ended', () => {
  expect(plan(['farm'], [aKey(team, { label: 'farm', expiresAtMs: NOW_MS })]).steps).toEqual(['mint farm'])
  expect(plan(['farm'], [aKey(team, { label: 'farm', expiresAtMs: NOW_MS + 1 })]).steps).toEqual([expect.stringMatching(/^change_key /)])
})

test('two keys of one label that are no rotation are in conflict, unless one of them has ended', () => {
  const keys = [aKey(team, { label: 'farm' }), aKey(team, { label: 'farm' })] as const
  expect(plan(['farm'], [...keys]).errors).toEqual([expect.stringMatching(/^\/teams\/0\/keys\/0\/label is the label of 2 keys/)])
  expect(plan(['farm'], [keys[0], { ...keys[1], revokedAtMs: NOW_MS }])).toEqual({ steps: [], unlisted: [], errors: [] })
})

test('keys without a label are never meant', () => {
  const key = aKey(team)
  expect(plan(['farm'], [key])).toEqual({ steps: ['mint farm'], unlisted: [key.id], errors: [] })
})

test('teams come first, what ends comes before what begins, and new keys come last', () => {
  const [gone, disabled] = [aTeam({ name: '' }), aTeam({ disabled: true, limits: { tasksInFlight: 1, quotas: [] } })]
  const old = aKey(team, { label: 'old' })
  const teams = [{ id: team.id, keys: [{ label: 'new' }] }, { id: disabled.id }, { id: 'fresh', keys: [{ label: 'first' }] }].map(listed => listedTeamSchema.parse(listed))
  const { steps } = planTeams({ teams, prune: true }, { teams: [team, gone, disabled], keys: new Map([[team.id, [old]]]), nowMs: NOW_MS })
  expect(steps.map(wordsOf)).toEqual(['create', 'change', 'enable', `revoke ${old.id}`, 'disable', 'mint new', 'mint first'])
})
