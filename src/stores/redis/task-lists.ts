// Where tasks lie in the lists of their teams, newest first: no more is read of a list than is asked for.
import { z } from 'zod'
import type { TaskRef, TeamId } from '../../kernel/ids.ts'
import { shardOf } from '../../kernel/shard.ts'
import type { TaskQuery } from '../../ledger/ledger.ts'
import type { Task } from '../../ledger/task.ts'
import { isNewer, numbersWithin, type TaskPlace } from '../../ledger/task-place.ts'
import type { Link } from './link.ts'
import { merge } from './merge.ts'
import type { Names } from './names.ts'
import { marksOf } from './packed-task.ts'
import { run } from './scripts.ts'

/** Some of a list, and from where it goes on, or undefined at its end. */
type Part = { places: TaskPlace[], next: number | undefined }

/** From where to where a list is read. */
type Range = { team: TeamId, list: string, most: string, least: number }

/** Of one team of hundreds a page shows one or two tasks: it is asked for more each time. */
const FIRST = 4
const MOST = 128
/** So many values are looked at in one step of Redis, which takes it about a millisecond. */
const WALKED = 200

const siftReply = z.tuple([z.string()], z.string())

/** Where a task lies in the order of admission, which clocks do not tell: they go back. */
export async function placeOfTask ({ link, names }: { link: Link, names: Names }, { team, ref }: Pick<Task, 'team' | 'ref'>): Promise<TaskPlace> {
  const number = await link.ask(names.team(team), redis => redis.zscore(names.tasks(team), ref))
  return { ref, number: Number(number ?? 0) }
}

/** The places of tasks that the query may mean, behind a place or from the beginning: whoever reads the tasks compares them with the query. */
export async function * placesOf ({ link, names }: { link: Link, names: Names }, query: TaskQuery, behind: TaskPlace | undefined): AsyncGenerator<TaskPlace> {
  // Unknown outcomes have a list of their own, in which nothing else is.
  const isListed = query.state === 'unknown'
  const marks = marksOf(isListed ? { ...query, state: undefined } : query)
  const teams = await teamsOf()
  // A single team has the whole page, the one behind it, and the one that it begins behind.
  const first = teams.length === 1 ? query.limit + 2 : FIRST
  yield * merge(teams.map(team => ofTeam(team)), isNewer)

  async function teamsOf (): Promise<TeamId[]> {
    const { key } = query
    const team = query.team ?? (key === undefined ? null : await link.ask(names.keyById(key), redis => redis.get(names.keyById(key))))
    if (team !== null) return [team as TeamId]
    return (await link.ask(names.teams, redis => redis.zrangebylex(names.teams, '-', '+'))) as TeamId[]
  }

  async function * ofTeam (team: TeamId): AsyncGenerator<TaskPlace> {
    const list = isListed ? names.unknown(team) : names.tasks(team)
    // Of a team's tasks most are those of live keys.
    const read = marks.length === 0 && query.mode !== 'test' && query.toMs === undefined ? part : sifted
    const within = numbersWithin(query, query.toMs === undefined ? 0 : Number(await link.ask(names.team(team), redis => redis.get(names.late(team))) ?? 0))
    let most = String(Math.min(within.most, behind?.number ?? Infinity))
    for (let count = first; ; count = Math.min(2 * count, MOST)) {
      const { places, next } = await read({ team, list, most, least: within.least }, count)
      // Another shard's task may have the number of the last one that was shown.
      for (const place of places) if (behind === undefined || isNewer(behind, place)) yield place
      if (next === undefined) return
      most = `(${next}`
    }
  }

  async function part ({ team, list, most, least }: Range, count: number): Promise<Part> {
    const found = await link.ask(names.team(team), redis => redis.zrevrangebyscore(list, most, least, 'WITHSCORES', 'LIMIT', 0, count))
    const places = readPlaces(found)
    return { places, next: places.length < count ? undefined : places.at(-1)?.number }
  }

  async function sifted ({ team, list, most, least }: Range, count: number): Promise<Part> {
    const about = { prefix: names.inShard(shardOf(team)), most, least, wanted: count, walked: WALKED, marks, test: query.mode === 'test' || undefined, created_below: query.toMs }
    const [next, ...found] = siftReply.parse(await run(link, 'sift', { keys: [list], about }))
    return { places: readPlaces(found), next: next === '' ? undefined : Number(next) }
  }
}

/** As Redis gives members with their scores. */
function readPlaces (found: readonly string[]): TaskPlace[] {
  const places: TaskPlace[] = []
  for (let index = 0; index < found.length; index += 2) places.push({ ref: found[index] as TaskRef, number: Number(found[index + 1]) })
  return places
}
