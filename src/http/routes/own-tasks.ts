// The team API beyond MuleRouter's: the team's tasks, and where its limits stand.
import type { FastifyInstance } from 'fastify'
import type { Ledger } from '../../ledger/ledger.ts'
import { callerOf } from '../access.ts'
import { teamRoute } from '../operation.ts'
import { ownTaskListQuery, ownTasks } from '../operations/own-tasks.ts'
import { readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { taskJson } from '../shapes/task.ts'
import { usageJson } from '../shapes/usage.ts'

export function ownTaskRoutes (app: FastifyInstance, { ledger }: { ledger: Ledger }): void {
  app.get('/v1/tasks', teamRoute(ownTasks.list), async request => {
    const { status: state, ...query } = readQuery(ownTaskListQuery, request.query)
    const { team, key } = callerOf(request)
    return pageJson(await ledger.list({ ...query, state, team: team.id, mode: key.mode === 'test' ? 'test' : undefined }), taskJson)
  })

  app.get('/v1/usage', teamRoute(ownTasks.usage), async request => {
    const caller = callerOf(request)
    return usageJson(caller, await ledger.standing(caller))
  })
}
