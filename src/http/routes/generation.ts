// The team API's copy of MuleRouter's own routes: create, read, delete.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Endpoint } from '../../catalog/endpoint.ts'
import { deleteTask } from '../../flows/delete-task.ts'
import { dryRun } from '../../flows/dry-run.ts'
import { readTask, type TaskRequest } from '../../flows/read-task.ts'
import { noSuchTask } from '../../flows/refusals.ts'
import { submitTask, type SubmitDependencies, type SubmitRequest } from '../../flows/submit-task.ts'
import { isTaskId } from '../../kernel/ids.ts'
import { formatUsd } from '../../kernel/money.ts'
import { callerOf } from '../access.ts'
import { goneSignal } from '../gone.ts'
import { idempotencyKeyOf } from '../idempotency-key.ts'
import { readQuery } from '../query.ts'
import { setRateLimitHeaders } from '../rate-limit-headers.ts'

export type GenerationOptions = { tasks: SubmitDependencies, catalog: readonly Endpoint[], bodyLimitBytes: number }

// A misspelt parameter is refused: `?dryrun=true` must not buy a video.
const createQuery = z.strictObject({
  dry_run: z.enum(['true', 'false'], { error: 'must be true or false' }).transform(text => text === 'true').default(false)
})

const config = { comparesVersions: true }

export function generationRoutes (app: FastifyInstance, { tasks, catalog, bodyLimitBytes }: GenerationOptions): void {
  for (const endpoint of catalog) {
    for (const path of [endpoint.path, ...endpoint.shortPaths]) {
      app.post(path, { bodyLimit: bodyLimitBytes, config }, async (request, reply) => {
        const wanted: SubmitRequest = {
          caller: callerOf(request),
          endpoint,
          body: request.body,
          idempotencyKey: idempotencyKeyOf(request.raw),
          traceparent: request.traceparent,
          gone: goneSignal(reply.raw),
          log: request.log
        }
        if (readQuery(createQuery, request.query).dry_run) {
          const { prepared, figures } = await dryRun(tasks, wanted)
          setRateLimitHeaders(reply, figures)
          return { dry_run: true, body: prepared.body, price_usd: formatUsd(prepared.priceMicros), admitted: true }
        }
        const { status, taskId, body, figures, replayed } = await submitTask(tasks, wanted)
        setRateLimitHeaders(reply, figures)
        if (replayed) reply.header('idempotency-replayed', 'true')
        return reply.code(status).header('location', `${endpoint.path}/${taskId}`).send(body)
      })

      app.get(`${path}/:task_id`, { config }, async request => readTask(tasks, taskRequest(request, endpoint)))

      app.delete(`${path}/:task_id`, { config }, async request => deleteTask(tasks, taskRequest(request, endpoint)))
    }
  }
}

const taskParameters = z.object({ task_id: z.string() })

function taskRequest (request: FastifyRequest, endpoint: Endpoint): TaskRequest {
  const { task_id: taskId } = taskParameters.parse(request.params)
  if (!isTaskId(taskId)) throw noSuchTask()
  return { caller: callerOf(request), endpoint, taskId, traceparent: request.traceparent, log: request.log }
}
