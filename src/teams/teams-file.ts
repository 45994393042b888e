// Teams and their keys as somebody wants them to be: what a file in version control says.
import { z } from 'zod'
import { jsonObject } from '../kernel/json-object.ts'
import { newKeySchema } from './api-key.ts'
import { newTeamSchema } from './team.ts'

/** A key as the file wants it; the label is its name there. */
export const listedKeySchema = newKeySchema.extend({
  label: z.string({ error: issue => issue.input === undefined ? 'is required: it is how the file knows the key again' : 'must be a string' })
    .min(1, { error: 'must not be empty: it is how the file knows the key again' })
    .max(200, { error: 'must have at most 200 characters' })
})

/** A team as the file wants it. Without `keys` its keys are nobody's business here. */
export const listedTeamSchema = newTeamSchema.extend({
  keys: z.array(listedKeySchema, { error: 'must be a list of keys' }).optional()
})

/** The whole file. */
export const teamsFileSchema = jsonObject({
  teams: z.array(listedTeamSchema, { error: issue => issue.input === undefined ? 'is required' : 'must be a list of teams' })
})

const boolean = z.boolean({ error: 'must be true or false' }).default(false)

/** The body that applies it: `prune` also disables and revokes what the file does not name, `dry_run` only says what would be done. */
export const applySchema = teamsFileSchema.extend({ prune: boolean, dry_run: boolean })

export type ListedTeam = z.output<typeof listedTeamSchema>
export type ListedKey = z.output<typeof listedKeySchema>
