// The team API's copy of MuleRouter's own routes: create, read, delete.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Endpoint } from '../../catalog/endpoint.ts'
import { awaitEnd, followTask, type AwaitDependencies } from '../../flows/await-task.ts'
import { deleteTask } from '../../flows/delete-task.ts'
import { dryRun } from '../../flows/dry-run.ts'
import { readTask, shown, shownBody, type ShownTask, type TaskRequest } from '../../flows/read-task.ts'
import { noSuchTask } from '../../flows/refusals.ts'
import { submitTask, type SubmitDependencies, type SubmitRequest } from '../../flows/submit-task.ts'
import { isTaskId } from '../../kernel/ids.ts'
import { isRunning } from '../../ledger/task.ts'
import { callerOf } from '../access.ts'
import { EVENT_STREAM_HEADERS, eventStream } from '../event-stream.ts'
import { goneSignal } from '../gone.ts'
import { idempotencyKeyOf } from '../idempotency-key.ts'
import { recordedTrace } from '../name-requests.ts'
import { teamRoute, type Operation } from '../operation.ts'
import { createQuery, generationOperations } from '../operations/generation.ts'
import { waitSecondsOf } from '../prefer.ts'
import { readQuery } from '../query.ts'
import { setRateLimitHeaders } from '../rate-limit-headers.ts'
import { dryRunJson } from '../shapes/dry-run.ts'
import { taskEvents } from '../shapes/task-event.ts'

export type GenerationOptions = { tasks: SubmitDependencies, waiting: AwaitDependencies, catalog: readonly Endpoint[], bodyLimitBytes: number }

export function generationRoutes (app: FastifyInstance, { tasks, waiting, catalog, bodyLimitBytes }: GenerationOptions): void {
  for (const endpoint of catalog) {
    for (const path of [endpoint.path, ...endpoint.shortPaths]) {
      const { create, read, events, remove } = generationOperations(endpoint, path)
      app.post(path, { bodyLimit: bodyLimitBytes, ...cautious(create) }, async (request, reply) => {
        const wanted: SubmitRequest = {
          caller: callerOf(request),
          endpoint,
          body: request.body,
          idempotencyKey: idempotencyKeyOf(request.raw),
          traceparent: request.traceparent,
          trace: recordedTrace(request),
          gone: goneSignal(reply.raw),
          log: request.log
        }
        if (readQuery(createQuery, request.query).dry_run) {
          const tried = await dryRun(tasks, wanted)
          setRateLimitHeaders(reply, tried.figures)
          return dryRunJson(tried)
        }
        const { status, taskId, body, figures, replayed } = await submitTask(tasks, wanted)
        setRateLimitHeaders(reply, figures)
        if (replayed) reply.header('idempotency-replayed', 'true')
        reply.code(status).header('location', `${endpoint.path}/${taskId}`)
        // Whoever is cut off while it waits could not ask for the answer again without an Idempotency-Key.
        if (wanted.idempotencyKey === undefined || waitSecondsOf(request.headers) === undefined) return body
        return shownBody(await waitAsPreferred(request, reply, { ...wanted, taskId }))
      })

      app.get(`${path}/:task_id`, cautious(read), async (request, reply) => {
        return shownBody(await waitAsPreferred(request, reply, taskRequest(request, endpoint)))
      })

      app.get(`${path}/:task_id/events`, cautious(events), async (request, reply) => {
        const task = await readTask(tasks, taskRequest(request, endpoint))
        const seen = [request.headers['last-event-id']].flat()[0]
        // As the standard says: a client that has seen the end is told not to come again.
        if (!isRunning(task) && seen === String(task.revision)) return reply.code(204).send()
        const changes = followTask(waiting, { task, endpoint, keyId: callerOf(request).key.id, gone: goneSignal(reply.raw) })
        return reply.headers(EVENT_STREAM_HEADERS).send(eventStream(taskEvents(changes, seen)))
      })

      app.delete(`${path}/:task_id`, cautious(remove), async request => deleteTask(tasks, taskRequest(request, endpoint)))
    }
  }

  /** The task, after as long as the caller prefers to wait for its end. */
  async function waitAsPreferred (request: FastifyRequest, reply: FastifyReply, wanted: TaskRequest): Promise<ShownTask> {
    const task = await readTask(tasks, wanted)
    const seconds = waitSecondsOf(request.headers)
    if (seconds === undefined) return task
    const awaited = await awaitEnd(waiting, { task, endpoint: wanted.endpoint, keyId: wanted.caller.key.id, gone: goneSignal(reply.raw), waitMs: seconds * 1000 })
    if (awaited === undefined) return task
    reply.header('preference-applied', `wait=${seconds}`)
    return shown(awaited)
  }
}

/** The stories behind these routes compare the versions of team and key before they do anything. */
function cautious (operation: Operation) {
  return { config: { ...teamRoute(operation).config, comparesVersions: true } }
}

const taskParameters = z.object({ task_id: z.string() })

function taskRequest (request: FastifyRequest, endpoint: Endpoint): TaskRequest {
  const { task_id: taskId } = taskParameters.parse(request.params)
  if (!isTaskId(taskId)) throw noSuchTask()
  return { caller: callerOf(request), endpoint, taskId, traceparent: request.traceparent, log: request.log }
}
