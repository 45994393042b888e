// What applying a file of teams did, or would do.
import type { Applied, AppliedStep } from '../../flows/apply-teams.ts'

export function appliedJson ({ dryRun, steps, unlisted }: Applied) {
  return { dry_run: dryRun, changes: steps.map(stepJson), unlisted: unlisted.map(({ team, keyId, label }) => ({ team, key_id: keyId, label })) }
}

function stepJson (step: AppliedStep) {
  const { action, team, changes, minted } = step
  return {
    action,
    team,
    key_id: minted?.id ?? ('keyId' in step ? step.keyId : null),
    label: 'label' in step ? step.label : null,
    changes,
    // Shown this once; of a plan there is none.
    key: minted?.secret.reveal()
  }
}
