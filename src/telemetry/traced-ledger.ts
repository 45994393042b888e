// A ledger whose steps for a create are spans of the request that asks for it.
import { SpanKind, type Tracer } from '@opentelemetry/api'
import type { Ledger, Order } from '../ledger/ledger.ts'
import { inSpan, type SpanOptions } from './spans.ts'

export function tracedLedger (ledger: Ledger, tracer: Tracer): Ledger {
  function optionsOf ({ ref, caller, model }: Order, trace: string): SpanOptions {
    return { kind: SpanKind.INTERNAL, parent: trace, attributes: { 'mulegate.task_ref': ref, 'mulegate.team': caller.team.id, 'mulegate.model': model } }
  }

  return {
    ...ledger,
    admit (order) {
      if (order.trace === null) return ledger.admit(order)
      return inSpan(tracer, 'admit', optionsOf(order, order.trace), () => ledger.admit(order), ({ kind }) => ({ attributes: { 'mulegate.admission': kind } }))
    },
    resolve (order, outcome) {
      if (order.trace === null) return ledger.resolve(order, outcome)
      return inSpan(tracer, 'resolve', optionsOf(order, order.trace), () => ledger.resolve(order, outcome), ({ after }) => ({
        attributes: { 'mulegate.outcome': outcome.kind, 'mulegate.state': after.state, 'mulegate.money': after.money }
      }))
    }
  }
}
