// The team API beyond MuleRouter's: the team's tasks, and where its limits stand.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Ledger } from '../../ledger/ledger.ts'
import { callerOf } from '../access.ts'
import { listParameters, readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { taskJson } from '../shapes/task.ts'
import { usageJson } from '../shapes/usage.ts'

const listQuery = z.strictObject(listParameters)

export function ownTaskRoutes (app: FastifyInstance, { ledger }: { ledger: Ledger }): void {
  app.get('/v1/tasks', async request => {
    const { status: state, ...query } = readQuery(listQuery, request.query)
    return pageJson(await ledger.list({ ...query, state, team: callerOf(request).team.id }), taskJson)
  })

  app.get('/v1/usage', async request => {
    const caller = callerOf(request)
    return usageJson(caller, await ledger.standing(caller))
  })
}
