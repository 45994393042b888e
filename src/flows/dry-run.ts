// The story of a dry run: what a create would be answered, and nothing reserved or sent.
import { unreachable } from '../kernel/unreachable.ts'
import { previewOrder, type EntryDependencies, type EntryRequest } from './enter-ledger.ts'
import type { Prepared } from './prepare-order.ts'
import type { CreateFigures } from './refusals.ts'
import { callInProgress } from './repeat-task.ts'
import { outcomeUnknown } from './upstream-refusals.ts'

export type DryRun = { prepared: Prepared, figures: CreateFigures }

/** @throws Refusal the same one that a create would get before it is sent */
export async function dryRun (deps: EntryDependencies, request: EntryRequest): Promise<DryRun> {
  const entry = await previewOrder(deps, request)
  switch (entry.kind) {
    case 'admitted': return { prepared: entry.prepared, figures: entry.figures }
    case 'replay': return { prepared: entry.prepared, figures: { priceMicros: entry.prepared.priceMicros, standings: [], nowMs: entry.order.orderedAtMs } }
    case 'in-progress': throw callInProgress()
    case 'unknown': throw outcomeUnknown(entry.ref)
    default: return unreachable(entry)
  }
}
