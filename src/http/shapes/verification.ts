// What a check of the ledger found, as it is shown.
import type { Verification } from '../../flows/verify-ledger.ts'
import type { TeamId } from '../../kernel/ids.ts'
import type { Mismatch } from '../../ledger/recount.ts'
import type { SumId } from '../../ledger/sum.ts'
import { unreachable } from '../../kernel/unreachable.ts'

export function verificationJson (team: TeamId, { tasks, sums, mismatches }: Verification) {
  return { team, tasks, sums, differences: mismatches.map(differenceJson) }
}

function differenceJson ({ id, figure, stored, counted }: Mismatch) {
  return { what: id.kind, ...placeJson(id), figure: figure.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`), stored, counted }
}

function placeJson (id: SumId) {
  switch (id.kind) {
    case 'counter': return id.counter
    case 'in_flight': return { scope: id.scope, owner: id.owner, per: null, label: null }
    case 'usage_day': return { scope: null, owner: `${id.account} ${id.lineage} ${id.model}`, per: 'day', label: id.day }
    default: return unreachable(id)
  }
}
