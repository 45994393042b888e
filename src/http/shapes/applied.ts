// What applying a file of teams did, or would do.
import { z } from 'zod'
import type { Applied, AppliedStep } from '../../flows/apply-teams.ts'
import { STEP_ACTIONS } from '../../flows/plan-teams.ts'

const stepShape = z.strictObject({
  action: z.enum(STEP_ACTIONS),
  team: z.string(),
  key_id: z.string().nullable().meta({ description: 'the key that it is about; null where it is about the team, and for a key that is not minted yet' }),
  label: z.string().nullable(),
  changes: z.record(z.string(), z.strictObject({ before: z.unknown().optional(), after: z.unknown().optional() }))
    .meta({ description: 'the settings that differ; of what is new, those that are not the default' }),
  key: z.string().optional().meta({ description: 'the key itself, of one that was minted now: shown this once' })
})

export const appliedShape = z.strictObject({
  dry_run: z.boolean(),
  changes: z.array(stepShape).meta({ description: 'in the order in which they are made' }),
  unlisted: z.array(z.strictObject({ team: z.string(), key_id: z.string().nullable(), label: z.string().nullable() }))
    .meta({ description: 'teams, and keys of listed teams with `keys`, that are not named and are left alone' })
}).meta({
  id: 'Applied',
  examples: [{
    dry_run: true,
    changes: [
      { action: 'change', team: 'ads', key_id: null, label: null, changes: { timezone: { before: 'UTC', after: 'Europe/Berlin' } } },
      { action: 'mint', team: 'ads', key_id: null, label: 'render farm', changes: {} }
    ],
    unlisted: [{ team: 'video', key_id: null, label: null }]
  }]
})

export function appliedJson ({ dryRun, steps, unlisted }: Applied): z.input<typeof appliedShape> {
  return { dry_run: dryRun, changes: steps.map(stepJson), unlisted: unlisted.map(({ team, keyId, label }) => ({ team, key_id: keyId, label })) }
}

function stepJson (step: AppliedStep): z.input<typeof stepShape> {
  const { action, team, changes, minted } = step
  return {
    action,
    team,
    key_id: minted?.id ?? ('keyId' in step ? step.keyId : null),
    label: 'label' in step ? step.label : null,
    changes,
    key: minted?.secret.reveal()
  }
}
