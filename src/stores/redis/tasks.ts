// Tasks as they lie in Redis: read one by one, or as lists, newest first.
import type { TaskRef } from '../../kernel/ids.ts'
import type { Page } from '../../kernel/page.ts'
import { ALL_SHARDS, shardOf, shardOfRef, type Shard } from '../../kernel/shard.ts'
import type { TaskQuery } from '../../ledger/ledger.ts'
import type { Task } from '../../ledger/task.ts'
import { cursorOf, isNewer, placeOf, type TaskPlace } from '../../ledger/task-place.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import type { StoredTask } from './packed-task.ts'
import { placeOfTask, placesOf } from './task-lists.ts'
import { readValues } from './task-values.ts'

/** A task and its place in the order of admission. */
type Placed = { place: TaskPlace, task: Task }

/** So many values are read at a time, at most. */
const MOST = 200

export function taskStore (link: Link, names: Names) {
  async function read (ref: TaskRef): Promise<StoredTask | undefined> {
    const shard = shardOfRef(ref)
    if (shard === undefined) return undefined
    return (await readValues({ link, names }, shard, [ref]))[0]
  }

  /** The tasks of these places, one question a shard. Rows that are past their retention are gone before their place is. */
  async function readAll (places: readonly TaskPlace[]): Promise<Placed[]> {
    const byShard = Map.groupBy(places, ({ ref }) => shardOfRef(ref))
    const found = await Promise.all([...byShard].map(([shard, some]) => shard === undefined ? [] : readShard(shard, some)))
    return found.flat().sort((one, other) => isNewer(one.place, other.place) ? -1 : 1)
  }

  async function readShard (shard: Shard, places: readonly TaskPlace[]): Promise<Placed[]> {
    const found = await readValues({ link, names }, shard, places.map(({ ref }) => ref))
    return places.flatMap((place, index) => {
      const stored = found[index]
      return stored === undefined ? [] : [{ place, task: stored.task }]
    })
  }

  /** Every task that upstream gave this id to. */
  async function * byTaskId ({ team, taskId }: TaskQuery, behind: TaskPlace | undefined): AsyncGenerator<TaskPlace> {
    if (taskId === undefined) return
    const shards = team === undefined ? ALL_SHARDS : [shardOf(team)]
    const refs = await Promise.all(shards.map(shard => link.ask(names.inShard(shard), redis => redis.get(names.taskId(shard, taskId)))))
    const found = await Promise.all(refs.flatMap(text => text?.split(' ') ?? []).map(ref => read(ref as TaskRef)))
    const places = await Promise.all(found.filter(stored => stored !== undefined).map(({ task }) => placeOfTask({ link, names }, task)))
    yield * places.filter(place => behind === undefined || isNewer(behind, place)).sort((one, other) => isNewer(one, other) ? -1 : 1)
  }

  return {
    read,

    /** @throws InvalidCursor */
    async list (query: TaskQuery): Promise<Page<Task>> {
      const behind = query.cursor === null ? undefined : placeOf(query.cursor)
      const places = query.taskId === undefined ? placesOf({ link, names }, query, behind) : byTaskId(query, behind)
      const rows: Placed[] = []
      // Where many places lead to nothing any more, more of them are read at a time.
      for (let count = query.limit + 1; rows.length <= query.limit; count = Math.min(2 * count, MOST)) {
        const some = await take(places, count)
        rows.push(...(await readAll(some)).filter(({ task }) => isWanted(query, task)))
        if (some.length < count) break
      }
      const shown = rows.slice(0, query.limit)
      const last = shown.at(-1)
      return { rows: shown.map(({ task }) => task), nextCursor: rows.length > query.limit && last !== undefined ? cursorOf(last.place) : null }
    }
  }
}

async function take<Item> (source: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const items: Item[] = []
  while (items.length < count) {
    const next = await source.next()
    if (next.done === true) return items
    items.push(next.value)
  }
  return items
}

function isWanted ({ team, key, mode, state, model, fromMs, toMs }: TaskQuery, task: Task): boolean {
  return (team === undefined || task.team === team) && (key === undefined || task.keyId === key) && (mode === undefined || task.mode === mode) && (state === undefined || task.state === state) &&
    (model === undefined || task.model === model) && (fromMs === undefined || task.createdAtMs >= fromMs) && (toMs === undefined || task.createdAtMs < toMs)
}
