// The admin API's tasks: all of them, and the decision about an unknown outcome.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { decideUnknown, readAnyTask, type DecisionDependencies } from '../../flows/decide-unknown.ts'
import { refusal } from '../../flows/refusals.ts'
import { isKeyId, isTaskId, isTaskRef, isTeamId, type TaskRef } from '../../kernel/ids.ts'
import { actorOf } from '../actor.ts'
import { listParameters, readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { taskJson } from '../shapes/task.ts'

const access = { config: { access: 'admin' as const } }

const moment = z.iso.datetime({ offset: true, error: 'must be a time as in RFC 3339, such as 2026-11-22T00:00:00Z' }).transform(text => Date.parse(text))

const listQuery = z.strictObject({
  team: z.string().refine(isTeamId, { error: 'is no team id' }).optional(),
  key: z.string().refine(isKeyId, { error: 'is no key id' }).optional(),
  task_id: z.string().refine(isTaskId, { error: 'is no task id' }).optional(),
  from: moment.optional(),
  to: moment.optional(),
  ...listParameters
})
const parameters = z.object({ task_ref: z.string() })

export function adminTaskRoutes (app: FastifyInstance, deps: DecisionDependencies): void {
  app.get('/admin/v1/tasks', access, async request => {
    const { status: state, task_id: taskId, from: fromMs, to: toMs, ...query } = readQuery(listQuery, request.query)
    return pageJson(await deps.ledger.list({ ...query, state, taskId, fromMs, toMs }), taskJson)
  })

  app.get('/admin/v1/tasks/:task_ref', access, async request => taskJson(await readAnyTask(deps, taskRefOf(request))))

  app.post('/admin/v1/tasks/:task_ref/resolve', access, async request => {
    return taskJson(await decideUnknown(deps, actorOf(request), { ref: taskRefOf(request), body: request.body }))
  })
}

function taskRefOf (request: FastifyRequest): TaskRef {
  const { task_ref: ref } = parameters.parse(request.params)
  if (!isTaskRef(ref)) throw refusal('not_found', 'There is no such task.')
  return ref
}
