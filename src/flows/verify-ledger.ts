// The story of a ledger that is checked: every sum of a team is counted again from its tasks, while work goes on, and mended if that is wanted.
import { setImmediate } from 'node:timers/promises'
import type { TaskRef, TeamId } from '../kernel/ids.ts'
import type { PageQuery } from '../kernel/page.ts'
import { accountOf, accountWindows, counterOf } from '../ledger/account.ts'
import type { Changes } from '../ledger/audit.ts'
import type { Keeping } from '../ledger/keeping.ts'
import type { Correction, Ledger } from '../ledger/ledger.ts'
import { isAtRest, keptMs, mismatchesIn, Recount, timesOf, type Mismatch } from '../ledger/recount.ts'
import { addSums, emptySum, sumName, type SumFigures } from '../ledger/sum.ts'
import { KEY_MODES } from '../teams/api-key.ts'
import type { TeamDirectory } from '../teams/directory.ts'
import type { Team } from '../teams/team.ts'
import { audited, type Actor, type AuditDependencies } from './audited.ts'

export type VerifyDependencies = AuditDependencies & { ledger: Ledger, directory: TeamDirectory, keeping: Keeping }

/** How many tasks and sums were compared, and what did not agree. */
export type Verification = { tasks: number, sums: number, mismatches: Mismatch[] }

/** What was counted of tasks that do not move any more, and which ones do; `newest` is the first one that was met. */
type Counted = { recount: Recount, moving: TaskRef[], newest: TaskRef | null, tasks: number }

const PAGE = 100
const SUMS_AT_ONCE = 500
const ANY_DAY = { fromDay: '0000-01-01', toDay: '9999-12-31' }

/**
 * Counts every sum of a team again. Steps that are taken meanwhile are no mismatches: what moves is read in the same moment as the sums, and what
 * seems wrong is counted a second time and must be wrong in the same way.
 */
export async function verifyLedger (deps: VerifyDependencies, team: Team): Promise<Verification> {
  const first = await compare(deps, team)
  if (first.mismatches.length === 0) return first
  const second = await compare(deps, team)
  const seen = new Set(first.mismatches.map(nameOf))
  return { ...second, mismatches: second.mismatches.filter(mismatch => seen.has(nameOf(mismatch))) }
}

/** Verifies, and adds to every sum what it lacks. @returns what was wrong */
export async function repairLedger (deps: VerifyDependencies, actor: Actor, team: Team): Promise<Verification> {
  const found = await verifyLedger(deps, team)
  if (found.mismatches.length === 0) return found
  await audited(deps, actor, {
    action: 'ledger.repaired',
    team: team.id,
    changes: Object.fromEntries(found.mismatches.map(({ id, figure, stored, counted }): [string, Changes[string]] => [`${sumName(id)} ${figure}`, { before: stored, after: counted }])),
    make: () => deps.ledger.correct(team.id, correctionsOf(deps, found.mismatches))
  })
  return found
}

async function compare (deps: VerifyDependencies, team: Team): Promise<Verification> {
  const { recount, moving, newest, tasks } = await countAtRest(deps, team.id)
  await expectKnown(deps, team, recount)
  const ids = recount.ids
  const mismatches: Mismatch[] = []
  for (let place = 0; place < ids.length; place += SUMS_AT_ONCE) {
    const sums = ids.slice(place, place + SUMS_AT_ONCE)
    const nowMs = deps.clock.nowMs()
    const stored = await deps.ledger.inspect({ team: team.id, sums, tasks: moving, after: newest })
    const moved = new Recount()
    for (const task of stored.tasks) moved.add(task)
    for (const [index, id] of sums.entries()) {
      const counted = addSums(recount.figuresOf(id), moved.figuresOf(id))
      mismatches.push(...mismatchesIn({ id, stored: stored.sums[index], counted }, { nowMs, teamSinceMs: team.createdAtMs, keeping: deps.keeping }))
    }
    await setImmediate()
  }
  return { tasks, sums: ids.length, mismatches }
}

async function countAtRest ({ ledger }: VerifyDependencies, team: TeamId): Promise<Counted> {
  const counted: Counted = { recount: new Recount(), moving: [], newest: null, tasks: 0 }
  for await (const task of everything(query => ledger.list({ ...query, team }))) {
    counted.newest ??= task.ref
    counted.tasks += 1
    if (isAtRest(task)) counted.recount.add(task)
    else counted.moving.push(task.ref)
  }
  return counted
}

/** Sums that are there, or would be, although no task may count in them. */
async function expectKnown ({ ledger, directory, clock }: VerifyDependencies, team: Team, recount: Recount): Promise<void> {
  for (const mode of KEY_MODES) {
    recount.expect({ kind: 'in_flight', scope: 'team', owner: accountOf(team.id, mode) })
    for await (const { day, lineage, model } of ledger.usage({ team: team.id, mode, ...ANY_DAY })) {
      recount.expect({ kind: 'usage_day', account: accountOf(team.id, mode), day, lineage, model })
    }
  }
  for await (const key of everything(query => directory.listKeys(team.id, query))) {
    recount.expect({ kind: 'in_flight', scope: 'key', owner: key.lineage })
    for (const window of accountWindows({ team, key }, clock.nowMs())) recount.expect({ kind: 'counter', counter: counterOf(window) })
  }
}

/** One correction for each sum, with all its figures. */
function correctionsOf ({ clock, keeping }: VerifyDependencies, mismatches: readonly Mismatch[]): Correction[] {
  return [...Map.groupBy(mismatches, ({ id }) => sumName(id)).values()].flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const { id } = first
    const { toMs } = timesOf(id)
    const add: SumFigures = { ...emptySum(id), ...Object.fromEntries([first, ...more].map(({ figure, stored, counted }) => [figure, counted - stored])) }
    return [{ id, add, keptMs: toMs === null ? null : Math.max(1, toMs + keptMs(id, keeping) - clock.nowMs()) }]
  })
}

function nameOf ({ id, figure, stored, counted }: Mismatch): string { return `${sumName(id)} ${figure} ${stored - counted}` }

/** All rows of a list. The driver of the embedded ledger is synchronous: others come in between pages. */
async function * everything<Row> (list: (query: PageQuery) => Promise<{ rows: Row[], nextCursor: string | null }>): AsyncGenerator<Row> {
  let cursor: string | null = null
  do {
    const page: { rows: Row[], nextCursor: string | null } = await list({ limit: PAGE, cursor })
    yield * page.rows
    cursor = page.nextCursor
    await setImmediate()
  } while (cursor !== null)
}
