// Everything that can be read of both ledgers must be equal.
import type { Page } from '../../../src/kernel/page.ts'
import type { UsageQuery, UsageRow } from '../../../src/ledger/report.ts'
import type { Ledger, TaskQuery } from '../../../src/ledger/ledger.ts'
import type { Task } from '../../../src/ledger/task.ts'
import { present } from '../../support/present.ts'
import { everything } from '../../contract/open-ledger.ts'
import { QUOTA_PERIODS, type Limits } from '../../../src/teams/limits.ts'
import type { World } from './world.ts'

const YEARS = { fromDay: '2026-01-01', toDay: '2046-12-31' }
const PAGE_SIZES = [1, 2, 3]
/** Shows every counter that there is. */
const ALL_LIMITS: Limits = {
  requestsPerMinute: 1000,
  tasksInFlight: 1000,
  quotas: QUOTA_PERIODS.flatMap(per => (['tasks', 'usd'] as const).map(unit => ({ per, unit, limit: 1_000_000 })))
}

/** Compares what callers and operators can read now. */
export async function compare (world: World, pageSizes: readonly number[] = [3]): Promise<void> {
  const { both } = world
  for (const { ref } of world.orders) await both.alike(`${world.nameOf({ ref })} is read`, ({ ledger }) => ledger.read(ref))
  for (const caller of world.callers) await both.alike(`where ${caller.key.id} stands`, ({ ledger }) => ledger.standing(caller))
  for (const team of world.teams.keys()) {
    for (const limit of pageSizes) await compareLists(world, { team, limit })
    await both.alike(`usage of ${team}`, ({ ledger }) => usageOf(ledger, { ...YEARS, team }))
  }
  await compareLists(world, { limit: 3 })
  await both.alike('usage of all', ({ ledger }) => usageOf(ledger, YEARS))
  await both.alike('unfinished and doubtful tasks', async ({ ledger }) => {
    const { inFlight, inDoubt } = await ledger.pulse()
    return { inFlight: inFlight.map(({ team, mode, tasks }) => `${team} ${mode} ${tasks}`).sort(), inDoubt }
  })
}

/** Compares all that there is: also counters that nobody's limits show, and who there is. */
export async function compareAll (world: World): Promise<void> {
  await compare(world, PAGE_SIZES)
  const { both } = world
  for (const { team, key } of world.callers) {
    const shown = { team: { ...team, limits: ALL_LIMITS }, key: { ...key, limits: ALL_LIMITS } }
    await both.alike(`all counters of ${key.id}`, ({ ledger }) => ledger.standing(shown))
    await both.alike(`who ${key.id} is`, ({ directory }) => directory.findCaller(key.hash))
    await both.alike(`who ${key.id} was a moment ago`, ({ directory }) => directory.recentCaller(key.hash))
    await both.alike(`${key.id} is read`, ({ directory }) => directory.readKey(key.id))
  }
  for (const team of world.teams.keys()) {
    await both.alike(`${team} is read`, ({ directory }) => directory.readTeam(team))
    await both.alike(`keys of ${team}`, ({ directory }) => everything(query => directory.listKeys(team, query), 2))
  }
  await both.alike('all teams', ({ directory }) => everything(query => directory.listTeams(query), 2))
}

// Not compared: rows in which there is nothing any more.
export async function usageOf (ledger: Ledger, query: Omit<UsageQuery, 'mode'>): Promise<UsageRow[]> {
  return (await Array.fromAsync(ledger.usage({ ...query, mode: 'live' }))).filter(({ tasks }) => tasks !== 0)
}

/** Lists page by page. */
export async function compareLists ({ both }: World, query: Omit<TaskQuery, 'cursor'>): Promise<void> {
  await both.alike(`list ${JSON.stringify(query)}`, async ({ ledger }) => {
    const pages: Page<Task>[] = []
    let cursor: string | null = null
    do {
      const page: Page<Task> = await ledger.list({ ...query, cursor })
      pages.push(page)
      cursor = page.nextCursor
    } while (cursor !== null)
    return pages
  }, pages => shapeOf(query, pages))
}

/** Asks for the next page of the list that is open; its cursors are each ledger's own. */
export async function turnPage ({ both, list }: World): Promise<void> {
  if (list === undefined || !isOfOneTeam(list.query)) return
  const { query, cursors } = list
  await both.alike(`the next page of ${JSON.stringify(query)}`, async ({ ledger }, side) => {
    const page = await ledger.list({ ...query, cursor: present(cursors.get(side) === undefined ? undefined : [cursors.get(side) ?? null])[0] ?? null })
    cursors.set(side, page.nextCursor)
    return [page]
  }, pages => shapeOf(query, pages))
}

/**
 * Cursors are opaque: all that can be said of them is where there is one. Which of two teams' tasks is newer is told by the
 * order of their admission here and by their time there, so a list of several teams is compared team by team.
 */
function shapeOf (query: Omit<TaskQuery, 'cursor'>, pages: readonly Page<Task>[]): object {
  if (isOfOneTeam(query)) return pages.map(({ rows, nextCursor }) => ({ rows, isLast: nextCursor === null }))
  return { sizes: pages.map(({ rows }) => rows.length), byTeam: Object.groupBy(pages.flatMap(({ rows }) => rows), ({ team }) => team) }
}

function isOfOneTeam ({ team, key }: Pick<TaskQuery, 'team' | 'key'>): boolean { return team !== undefined || key !== undefined }
