// What the document says of the admin API's tasks.
import { z } from 'zod'
import { decisionSchema } from '../../flows/decide-unknown.ts'
import { isKeyId, isTaskId, isTeamId } from '../../kernel/ids.ts'
import { KEY_MODES } from '../../teams/api-key.ts'
import type { Operation } from '../operation.ts'
import { listParameters } from '../query.ts'
import { taskPageShape, taskShape } from '../shapes/task.ts'

const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'must be a time as in RFC 3339, such as 2026-11-22T00:00:00Z, or a date, which begins by UTC' }).transform(text => Date.parse(text))

export const taskListQuery = z.strictObject({
  team: z.string({ error: 'must be given once' }).refine(isTeamId, { error: 'is no team id' }).optional(),
  key: z.string({ error: 'must be given once' }).refine(isKeyId, { error: 'is no key id' }).optional(),
  task_id: z.string({ error: 'must be given once' }).refine(isTaskId, { error: 'is no task id' }).optional().meta({ description: 'MuleRouter\'s id' }),
  mode: z.enum(KEY_MODES, { error: 'must be live or test' }).optional().meta({ description: 'of the key that began it' }),
  from: moment.optional().meta({ description: 'created at this time or later' }),
  to: moment.optional().meta({ description: 'created before this time' }),
  ...listParameters
})

const tag = 'admin: tasks'

export const adminTasks = {
  list: {
    id: 'listAllTasks',
    tag,
    summary: 'List the tasks of all teams',
    description: 'Newest first. `status=unknown` are unknown outcomes; those whose `money` is `held` wait for a decision.',
    query: taskListQuery,
    answers: { 200: { description: 'A page of tasks.', schema: taskPageShape } }
  },
  read: {
    id: 'readAnyTask',
    tag,
    summary: 'Read a task of any team',
    answers: { 200: { description: 'The task as lists show it.', schema: taskShape } }
  },
  resolve: {
    id: 'resolveTask',
    tag,
    summary: 'Decide an unknown outcome',
    description: '`spent` and `refunded` end the hold on its price; `accepted` attaches the id that MuleRouter\'s console shows, so that the team gets its video.',
    body: {
      schema: decisionSchema,
      examples: {
        'not billed': { value: { as: 'refunded', reason: 'the invoice of November does not have it' } },
        'found after all': { value: { as: 'accepted', task_id: '8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11', reason: 'found in the console' } }
      }
    },
    answers: { 200: { description: 'The task as it is now.', schema: taskShape } },
    refusals: ['already_decided']
  }
} as const satisfies Record<string, Operation>
