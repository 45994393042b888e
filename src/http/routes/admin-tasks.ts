// The admin API's tasks: all of them, and the decision about an unknown outcome.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { decideUnknown, readAnyTask, type DecisionDependencies } from '../../flows/decide-unknown.ts'
import { refusal } from '../../flows/refusals.ts'
import { isTaskRef, type TaskRef } from '../../kernel/ids.ts'
import { actorOf } from '../actor.ts'
import { adminRoute } from '../operation.ts'
import { adminTasks, taskListQuery } from '../operations/admin-tasks.ts'
import { readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { taskJson } from '../shapes/task.ts'

const parameters = z.object({ task_ref: z.string() })

export function adminTaskRoutes (app: FastifyInstance, deps: DecisionDependencies): void {
  app.get('/admin/v1/tasks', adminRoute(adminTasks.list), async request => {
    const { status: state, task_id: taskId, from: fromMs, to: toMs, ...query } = readQuery(taskListQuery, request.query)
    return pageJson(await deps.ledger.list({ ...query, state, taskId, fromMs, toMs }), taskJson)
  })

  app.get('/admin/v1/tasks/:task_ref', adminRoute(adminTasks.read), async request => taskJson(await readAnyTask(deps, taskRefOf(request))))

  app.post('/admin/v1/tasks/:task_ref/resolve', adminRoute(adminTasks.resolve), async request => {
    return taskJson(await decideUnknown(deps, actorOf(request), { ref: taskRefOf(request), body: request.body }))
  })
}

function taskRefOf (request: FastifyRequest): TaskRef {
  const { task_ref: ref } = parameters.parse(request.params)
  if (!isTaskRef(ref)) throw refusal('not_found', 'There is no such task.')
  return ref
}
