// The story of a ledger that is checked: every sum of a team is counted again from its tasks, while work goes on, and mended if that is wanted.
import { setImmediate } from 'node:timers/promises'
import type { TaskRef, TeamId } from '../kernel/ids.ts'
import type { PageQuery } from '../kernel/page.ts'
import { accountOf, accountWindows, counterOf } from '../ledger/account.ts'
import type { Changes } from '../ledger/audit.ts'
import type { Keeping } from '../ledger/keeping.ts'
import type { Correction, Ledger } from '../ledger/ledger.ts'
import { isAtRest, keptMs, mismatchesIn, Recount, timesOf, type Mismatch } from '../ledger/recount.ts'
import { addSums, emptySum, sumName, type SumFigures, type SumId } from '../ledger/sum.ts'
import { KEY_MODES } from '../teams/api-key.ts'
import type { TeamDirectory } from '../teams/directory.ts'
import type { Team } from '../teams/team.ts'
import { audited, type Actor, type AuditDependencies } from './audited.ts'

export type VerifyDependencies = AuditDependencies & { ledger: Ledger, directory: TeamDirectory, keeping: Keeping }

/** How many tasks and sums were compared, and what did not agree. */
export type Verification = { tasks: number, sums: number, mismatches: Mismatch[] }

/** What was wrong, and how much of it is not any more. */
export type Repair = Verification & { repaired: number }

type Comparison = Verification & { counted: Counted }

/** What a sum holds, and what its tasks add up to, at one moment. */
type Compared = { id: SumId, stored: SumFigures | undefined, mismatches: Mismatch[] }

/**
 * What was counted of tasks that do not move by themselves any more, and which ones do; `newest` is the first one that was met.
 * `again`: what those that an earlier count found at rest count for now.
 */
type Counted = { recount: Recount, again: Recount, moving: TaskRef[], newest: TaskRef | null, tasks: number, completeSinceMs: number }

const PAGE = 100
const SUMS_AT_ONCE = 500
/** Every try that fails is a sum that a task, or another repair, has moved in the meantime. */
const TRIES_MAX = 100
const ANY_DAY = { fromDay: '0000-01-01', toDay: '9999-12-31' }

/**
 * Counts every sum of a team again. Steps that are taken meanwhile are no mismatches: what moves is read in the same moment as the sums, and what
 * seems wrong is counted a second time: it must be wrong in the same way, and what was counted at rest must have been so.
 */
export async function verifyLedger (deps: VerifyDependencies, team: Team): Promise<Verification> {
  const { counted, ...found } = await compareTwice(deps, team)
  return found
}

/** Verifies, and adds to every sum what it lacks, some of them at a time. */
export async function repairLedger (deps: VerifyDependencies, actor: Actor, team: Team): Promise<Repair> {
  const { counted, ...found } = await compareTwice(deps, team)
  const wrong = [...Map.groupBy(found.mismatches, ({ id }) => sumName(id)).values()]
  let repaired = 0
  for (const some of inChunks(wrong)) {
    const mismatches = some.flat()
    const { left } = await audited(deps, actor, {
      action: 'ledger.repaired',
      team: team.id,
      changes: Object.fromEntries(mismatches.map(({ id, figure, stored, counted }): [string, Changes[string]] => [`${sumName(id)} ${figure}`, { before: stored, after: counted }])),
      make: () => mend(deps, team, { counted, mismatches }),
      isMade: ({ made }) => made > 0
    })
    repaired += mismatches.length - left.length
  }
  return { ...found, repaired }
}

/** Corrects sums that still are wrong in the same way, each from what it holds in the moment when that is seen: two repairs at a time mend once. */
async function mend (deps: VerifyDependencies, team: Team, { counted, mismatches }: { counted: Counted, mismatches: readonly Mismatch[] }): Promise<{ made: number, left: Mismatch[] }> {
  const confirmed = new Set(mismatches.map(nameOf))
  let ids = [...new Map(mismatches.map(({ id }) => [sumName(id), id])).values()]
  let left: Mismatch[] = []
  let made = 0
  for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
    const wrong = (await compareSums(deps, team, { counted, ids }))
      .map(compared => ({ ...compared, mismatches: compared.mismatches.filter(mismatch => confirmed.has(nameOf(mismatch))) }))
      .filter(({ mismatches }) => mismatches.length > 0)
    if (wrong.length === 0) return { made, left: [] }
    const isDone = await deps.ledger.correct(team.id, wrong.map(compared => correctionOf(deps, compared)))
    made += isDone.filter(Boolean).length
    const missed = wrong.filter((_, place) => isDone[place] !== true)
    if (missed.length === 0) return { made, left: [] }
    ids = missed.map(({ id }) => id)
    left = missed.flatMap(({ mismatches }) => mismatches)
    await setImmediate()
  }
  return { made, left }
}

async function compareTwice (deps: VerifyDependencies, team: Team): Promise<Comparison> {
  const first = await compare(deps, team)
  if (first.mismatches.length === 0) return first
  const second = await compare(deps, team, first.counted)
  const isUnmoved = ({ id, figure }: Mismatch): boolean => first.counted.recount.figuresOf(id)[figure] === second.counted.again.figuresOf(id)[figure]
  const seen = new Set(first.mismatches.filter(isUnmoved).map(nameOf))
  return { ...second, mismatches: second.mismatches.filter(mismatch => seen.has(nameOf(mismatch))) }
}

async function compare (deps: VerifyDependencies, team: Team, earlier?: Counted): Promise<Comparison> {
  const counted = await countAtRest(deps, team.id, earlier)
  await expectKnown(deps, team, counted.recount)
  const { ids } = counted.recount
  const mismatches: Mismatch[] = []
  for (const some of inChunks(ids)) {
    mismatches.push(...(await compareSums(deps, team, { counted, ids: some })).flatMap(({ mismatches }) => mismatches))
    await setImmediate()
  }
  return { tasks: counted.tasks, sums: ids.length, mismatches, counted }
}

async function compareSums ({ ledger, clock, keeping }: VerifyDependencies, team: Team, { counted, ids }: { counted: Counted, ids: readonly SumId[] }): Promise<Compared[]> {
  const nowMs = clock.nowMs()
  const held = await ledger.inspect({ team: team.id, sums: ids, tasks: counted.moving, after: counted.newest })
  const moved = new Recount()
  for (const task of held.tasks) moved.add(task)
  return ids.map((id, place) => {
    const stored = held.sums[place]
    const sum = addSums(counted.recount.figuresOf(id), moved.figuresOf(id))
    return { id, stored, mismatches: mismatchesIn({ id, stored, counted: sum }, { nowMs, teamSinceMs: team.createdAtMs, completeSinceMs: counted.completeSinceMs, keeping }) }
  })
}

async function countAtRest ({ ledger }: VerifyDependencies, team: TeamId, earlier?: Counted): Promise<Counted> {
  const counted: Counted = { recount: new Recount(), again: new Recount(), moving: [], newest: null, tasks: 0, completeSinceMs: await ledger.completeSince() }
  const movedThen = new Set(earlier?.moving)
  let wasThereThen = false
  for await (const task of everything(query => ledger.list({ ...query, team }))) {
    counted.newest ??= task.ref
    counted.tasks += 1
    wasThereThen ||= task.ref === earlier?.newest
    if (wasThereThen && !movedThen.has(task.ref)) counted.again.add(task)
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

function correctionOf ({ clock, keeping }: VerifyDependencies, { id, stored, mismatches }: Compared): Correction {
  const { toMs } = timesOf(id)
  const add: SumFigures = { ...emptySum(id), ...Object.fromEntries(mismatches.map(({ figure, stored, counted }) => [figure, counted - stored])) }
  return { id, was: stored, add, keptMs: toMs === null ? null : Math.max(1, toMs + keptMs(id, keeping) - clock.nowMs()) }
}

function inChunks<Item> (items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / SUMS_AT_ONCE) }, (_, place) => items.slice(place * SUMS_AT_ONCE, (place + 1) * SUMS_AT_ONCE))
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
