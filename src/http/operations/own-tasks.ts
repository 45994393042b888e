// What the document says of the team's tasks and limits.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { listParameters } from '../query.ts'
import { taskPageShape } from '../shapes/task.ts'
import { usageShape } from '../shapes/usage.ts'

export const ownTaskListQuery = z.strictObject(listParameters)

const tag = 'tasks'

export const ownTasks = {
  list: {
    id: 'listTasks',
    tag,
    summary: 'List the team\'s tasks',
    description: 'Newest first. With those that were refused, never sent, or whose outcome nobody knows. Test keys see those of test keys only.',
    query: ownTaskListQuery,
    answers: { 200: { description: 'A page of tasks.', schema: taskPageShape } }
  },
  usage: {
    id: 'readUsage',
    tag,
    summary: 'Where the limits of team and key stand',
    answers: { 200: { description: 'Every quota of team and key, and the unfinished tasks.', schema: usageShape } }
  }
} as const satisfies Record<string, Operation>
