// What a check of the ledger found, as it is shown.
import { z } from 'zod'
import type { Verification } from '../../flows/verify-ledger.ts'
import type { TeamId } from '../../kernel/ids.ts'
import { unreachable } from '../../kernel/unreachable.ts'
import { SCOPES } from '../../ledger/counter.ts'
import type { Mismatch } from '../../ledger/recount.ts'
import type { SumId } from '../../ledger/sum.ts'
import { QUOTA_PERIODS } from '../../teams/limits.ts'

const differenceShape = z.strictObject({
  what: z.enum(['counter', 'in_flight', 'usage_day']).meta({ description: 'a window of a limit, unfinished tasks, or a line of the daily report' }),
  scope: z.enum(SCOPES).nullable(),
  owner: z.string().meta({ description: 'the team, or the first key of a chain of rotations; of a line of the report team, key and model' }),
  per: z.enum(QUOTA_PERIODS).nullable(),
  label: z.string().nullable().meta({ description: 'the window: `2026-11-22`, `2026-W47`, `2026-11`, `total`' }),
  figure: z.string(),
  stored: z.int(),
  counted: z.int().meta({ description: 'what the tasks add up to; dollars are micro-dollars' })
}).meta({ id: 'LedgerDifference' })

const verification = {
  team: z.string(),
  tasks: z.int().min(0).meta({ description: 'how many were counted' }),
  sums: z.int().min(0).meta({ description: 'how many were compared' }),
  differences: z.array(differenceShape)
}
const found = {
  team: 'ads',
  tasks: 120,
  sums: 36,
  differences: [{ what: 'counter', scope: 'team', owner: 'ads', per: 'day', label: '2026-11-22', figure: 'used_tasks', stored: 5, counted: 4 }]
} as const

export const verificationShape = z.strictObject(verification).meta({ id: 'LedgerVerification', examples: [{ ...found, differences: [...found.differences] }] })
export const repairShape = z.strictObject({ ...verification, repaired: z.int().min(0) })
  .meta({ id: 'LedgerRepair', examples: [{ ...found, differences: [...found.differences], repaired: 1 }] })

export function verificationJson (team: TeamId, { tasks, sums, mismatches }: Verification): z.input<typeof verificationShape> {
  return { team, tasks, sums, differences: mismatches.map(differenceJson) }
}

function differenceJson ({ id, figure, stored, counted }: Mismatch): z.input<typeof differenceShape> {
  return { what: id.kind, ...placeJson(id), figure: figure.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`), stored, counted }
}

function placeJson (id: SumId): Pick<z.input<typeof differenceShape>, 'scope' | 'owner' | 'per' | 'label'> {
  switch (id.kind) {
    case 'counter': return id.counter
    case 'in_flight': return { scope: id.scope, owner: id.owner, per: null, label: null }
    case 'usage_day': return { scope: null, owner: `${id.account} ${id.lineage} ${id.model}`, per: 'day', label: id.day }
    default: return unreachable(id)
  }
}
