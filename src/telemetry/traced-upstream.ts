// MuleRouter with a span for every call: part of the request that asked for it, a look linked to the create of its task.
import { SpanKind, type Attributes, type Tracer } from '@opentelemetry/api'
import type { Submission, TaskAddress, Upstream } from '../flows/upstream.ts'
import { inSpan, type SpanEnd, type SpanOptions } from './spans.ts'

/** What any outcome has in common. */
type Ended = { kind: string, credential?: string | undefined, refusal?: { status: number } }

const GOOD: readonly string[] = ['accepted', 'seen', 'deleted']

export function tracedUpstream (upstream: Upstream, tracer: Tracer): Upstream {
  return {
    submit (submission) {
      return inSpan(tracer, 'upstream create', callOf('POST', submission), traceparent => upstream.submit({ ...submission, traceparent }), endOf)
    },
    look (address) {
      return inSpan(tracer, 'upstream look', ofTask('GET', address), traceparent => upstream.look({ ...address, traceparent }), endOf)
    },
    remove (address) {
      return inSpan(tracer, 'upstream delete', ofTask('DELETE', address), traceparent => upstream.remove({ ...address, traceparent }), endOf)
    },
    probe: address => upstream.probe(address)
  }
}

function callOf (method: string, { path, mode, traceparent }: Pick<Submission, 'path' | 'mode'> & Pick<TaskAddress, 'traceparent'>, attributes: Attributes = {}): SpanOptions {
  return { kind: SpanKind.CLIENT, parent: traceparent, attributes: { 'http.request.method': method, 'url.path': path, 'mulegate.mode': mode, ...attributes } }
}

function ofTask (method: string, address: TaskAddress): SpanOptions {
  return { ...callOf(method, address, { 'mulegate.task_id': address.taskId }), linkedTo: address.begunBy }
}

function endOf ({ kind, credential, refusal }: Ended): SpanEnd {
  const attributes: Attributes = { 'mulegate.outcome': kind }
  if (credential !== undefined) attributes['mulegate.credential'] = credential
  if (refusal !== undefined) attributes['http.response.status_code'] = refusal.status
  return { attributes, error: GOOD.includes(kind) ? undefined : kind }
}
