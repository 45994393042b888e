// What the document says of the routes of a model: the same for its own path and for its short ones.
import { z } from 'zod'
import type { Endpoint } from '../../catalog/endpoint.ts'
import type { Field } from '../../catalog/fields.ts'
import type { ResponseHeader } from '../openapi/response-headers.ts'
import type { Operation } from '../operation.ts'
import { dryRunShape } from '../shapes/dry-run.ts'
import { deletedShape, taskBodyShape } from '../shapes/task-body.ts'

// A misspelt parameter is refused: `?dryrun=true` must not buy a video.
export const createQuery = z.strictObject({
  dry_run: z.enum(['true', 'false'], { error: 'must be true or false' }).transform(text => text === 'true').default(false)
    .meta({ description: 'only says what a create would be answered', override: { default: 'false' } })
})

const tag = 'generation'
const FIGURES: readonly ResponseHeader[] = ['RateLimit-Policy', 'RateLimit']
const EVENTS = 'retry: 3000\n\nid: 2\nevent: task\ndata: {"task_info":{"id":"8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11","status":"processing"}}\n\n'

/** @param path one of the endpoint's */
export function generationOperations (endpoint: Endpoint, path: string) {
  const name = nameOf(path === endpoint.path ? endpoint.model : path)
  const where = path === endpoint.path ? '' : ` A short name of \`${endpoint.path}\`.`
  return {
    create: {
      id: `create${name}`,
      tag,
      summary: `Create a task of ${endpoint.model}`,
      description: 'Strictly checked and put into one normal form before anything else happens; sent to MuleRouter once, never again. The price is held from now on, spent when the ' +
        `task completes, and given back when it fails, or when it was refused or never sent.${where}`,
      query: createQuery,
      headers: ['Idempotency-Key', 'Prefer'],
      body: { schema: bodyOf(endpoint), examples: endpoint.examples },
      answers: {
        200: { description: 'Of a dry run: what a create would be answered. Nothing is reserved or sent.', schema: dryRunShape, headers: ['Mulegate-Price-Usd'], headersIfAny: FIGURES },
        202: {
          description: 'MuleRouter accepted the task.',
          schema: taskBodyShape,
          headers: ['Location', 'Mulegate-Price-Usd'],
          headersIfAny: [...FIGURES, 'Idempotency-Replayed', 'Preference-Applied']
        },
        '2XX': {
          description: 'MuleRouter accepted the task, with another status than its pages say.',
          schema: taskBodyShape,
          headers: ['Location', 'Mulegate-Price-Usd'],
          headersIfAny: [...FIGURES, 'Preference-Applied']
        }
      },
      refusals: [
        'invalid_header', 'not_allowed', 'not_found', 'idempotency_in_progress', 'outcome_unknown', 'idempotency_mismatch', 'quota_exhausted', 'too_many_in_flight',
        'upstream_refused', 'upstream_credentials', 'upstream_error', 'upstream_unreachable'
      ],
      refusalHeaders: ['Mulegate-Price-Usd', ...FIGURES]
    },
    read: {
      id: `read${name}`,
      tag,
      summary: `Read a task of ${endpoint.model}`,
      description: `MuleRouter is asked again when what is known is older than \`STATUS_MAX_AGE_MS\`, once for everybody.${where}`,
      headers: ['Prefer'],
      answers: { 200: { description: 'The task in MuleRouter\'s words.', schema: taskBodyShape, headersIfAny: ['Preference-Applied'] } }
    },
    events: {
      id: `follow${name}`,
      tag,
      summary: `Follow a task of ${endpoint.model}`,
      description: `Server-sent events: one \`task\` event for each change, with the body that a read would show; then the stream ends.${where}`,
      headers: ['Last-Event-ID'],
      answers: {
        200: { description: 'The events.', type: 'text/event-stream', schema: z.string(), examples: { 'a task begins': { value: EVENTS } } },
        204: { description: 'The task has ended, and `Last-Event-ID` is its last event: there will be no more.' }
      }
    },
    remove: {
      id: `delete${name}`,
      tag,
      summary: `Delete a task of ${endpoint.model}`,
      description: `The price is given back if MuleRouter had not begun the task. Deleting again is safe.${where}`,
      answers: { 200: { description: 'MuleRouter\'s answer.', schema: deletedShape } },
      refusals: ['upstream_refused', 'upstream_credentials', 'upstream_error', 'upstream_unreachable']
    }
  } as const satisfies Record<string, Operation>
}

/** The fields that a caller may give, by the schemas that check them. */
function bodyOf ({ fields }: Endpoint): z.ZodObject {
  return z.strictObject(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, described(field)])))
}

function described ({ schema, description, default: byDefault }: Field): z.ZodType {
  if (byDefault === undefined) return schema.meta({ ...schema.meta(), description })
  // As an override, because zod shows no default of what is turned into something else.
  return schema.optional().meta({ description, override: { default: byDefault } })
}

/** `alibaba/wan2.2-t2v-plus` as AlibabaWan22T2vPlus. */
function nameOf (text: string): string {
  return text.replaceAll('.', '').split(/[^A-Za-z0-9]+/).map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
