// What the document says of teams and keys that are applied all at once.
import { applySchema } from '../../teams/teams-file.ts'
import type { Operation } from '../operation.ts'
import { appliedShape } from '../shapes/applied.ts'

export const adminApply = {
  apply: {
    id: 'applyTeams',
    tag: 'admin: teams',
    summary: 'Make teams and keys what a file says',
    description: 'Everything is checked before anything is changed, and applying twice changes nothing. What a listed team or key does not say has its default. ' +
      'Keys are known by `label` among the keys of the team that are neither revoked nor expired nor rotated; a team without `keys` keeps its keys as they are. ' +
      'A failure in the middle leaves what was done, and applying again does the rest. A new key is in the answer and nowhere else: if the answer is lost, rotate the key.',
    body: {
      schema: applySchema,
      examples: {
        'one team with a key': {
          value: { teams: [{ id: 'ads', timezone: 'Europe/Berlin', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 20 }] }, keys: [{ label: 'render farm' }] }], dry_run: true }
        }
      }
    },
    answers: { 200: { description: 'What was changed, or would be.', schema: appliedShape } }
  }
} as const satisfies Record<string, Operation>
