// The team API's copy of MuleRouter's own routes: create, read, delete.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Endpoint } from '../../catalog/endpoint.ts'
import { awaitEnd, followTask, type AwaitDependencies, type WaitRequest } from '../../flows/await-task.ts'
import { deleteTask } from '../../flows/delete-task.ts'
import { dryRun } from '../../flows/dry-run.ts'
import { readTask, shown, shownBody, type TaskRequest } from '../../flows/read-task.ts'
import { noSuchTask } from '../../flows/refusals.ts'
import { submitTask, type SubmitDependencies, type SubmitRequest } from '../../flows/submit-task.ts'
import { isTaskId } from '../../kernel/ids.ts'
import { isRunning, type Task, type TaskBody } from '../../ledger/task.ts'
import { callerOf } from '../access.ts'
import { EventStream } from '../event-stream.ts'
import { goneSignal, whenOver } from '../gone.ts'
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
        return waitAsPreferred(request, reply, { ...wanted, taskId })
      })

      // Not async itself: of ten thousand that wait, every function that does costs half a kB each.
      app.get(`${path}/:task_id`, cautious(read), (request, reply) => waitAsPreferred(request, reply, taskRequest(request, endpoint)))

      app.get(`${path}/:task_id/events`, cautious(events), async (request, reply) => {
        const wanted = taskRequest(request, endpoint)
        const task = await readTask(tasks, wanted)
        const seen = [request.headers['last-event-id']].flat()[0]
        // As the standard says: a client that has seen the end is told not to come again.
        if (!isRunning(task) && seen === String(task.revision)) return reply.code(204).send()
        // Who asks for the headers alone is told of nothing.
        if (request.method === 'HEAD') return new EventStream(reply).end()
        followTask(waiting, waitRequest(reply, task, wanted), () => taskEvents(new EventStream(reply), seen))
      })

      app.delete(`${path}/:task_id`, cautious(remove), async request => deleteTask(tasks, taskRequest(request, endpoint)))
    }
  }

  /** The task, after as long as the caller prefers to wait for its end. */
  async function waitAsPreferred (request: FastifyRequest, reply: FastifyReply, wanted: TaskRequest): Promise<TaskBody> {
    const task = await readTask(tasks, wanted)
    const seconds = waitSecondsOf(request.headers)
    if (seconds === undefined) return shownBody(task)
    const awaited = await awaitEnd(waiting, { ...waitRequest(reply, task, wanted), waitMs: seconds * 1000 })
    if (awaited === undefined) return shownBody(task)
    reply.header('preference-applied', `wait=${seconds}`)
    return shownBody(shown(awaited))
  }
}

function waitRequest ({ raw }: FastifyReply, task: Task, { endpoint, caller }: TaskRequest): WaitRequest {
  return { task, endpoint, keyId: caller.key.id, whenGone: listener => whenOver(raw, listener) }
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
