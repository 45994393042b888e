// What the document says of the admin API's teams.
import { z } from 'zod'
import { newTeamSchema, teamSettingsSchema } from '../../teams/team.ts'
import type { Operation } from '../operation.ts'
import { pageParameters } from '../query.ts'
import { teamPageShape, teamShape } from '../shapes/team.ts'

export const teamListQuery = z.strictObject(pageParameters)

const tag = 'admin: teams'

export const adminTeams = {
  create: {
    id: 'createTeam',
    tag,
    summary: 'Create a team',
    body: {
      schema: newTeamSchema,
      examples: {
        'with limits': {
          value: {
            id: 'ads',
            timezone: 'Europe/Berlin',
            limits: { tasks_in_flight: 4, quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '150.00' }] },
            policy: { fields: { size: ['832*480', '480*832'] } }
          }
        },
        'without any': { value: { id: 'research' } }
      }
    },
    answers: { 201: { description: 'The team.', schema: teamShape, headers: ['Location'] } },
    refusals: ['already_exists']
  },
  list: {
    id: 'listTeams',
    tag,
    summary: 'List teams',
    description: 'In the order of their ids, disabled ones included.',
    query: teamListQuery,
    answers: { 200: { description: 'A page of teams.', schema: teamPageShape } }
  },
  read: {
    id: 'readTeam',
    tag,
    summary: 'Read a team',
    answers: { 200: { description: 'The team.', schema: teamShape } }
  },
  change: {
    id: 'changeTeam',
    tag,
    summary: 'Change a team',
    description: 'A merge patch (RFC 7396): null puts a setting back to its default, arrays are replaced. It holds for the next request, on every instance. ' +
      '`{"disabled": false}` enables a disabled team again.',
    body: { schema: teamSettingsSchema, patch: true, examples: { 'a larger quota': { value: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 40 }] } } } } },
    answers: { 200: { description: 'The team as it is now.', schema: teamShape } }
  },
  disable: {
    id: 'disableTeam',
    tag,
    summary: 'Disable a team',
    description: 'From now on its keys are refused; its running tasks still settle. Nothing is deleted.',
    answers: { 204: { description: 'It is disabled.' } }
  }
} as const satisfies Record<string, Operation>
