// Tasks as they lie in Redis: read one by one, or as lists, newest first.
import type { TaskRef, TeamId } from '../../kernel/ids.ts'
import { InvalidCursor, type Page } from '../../kernel/page.ts'
import { ALL_SHARDS, shardOf, shardOfRef } from '../../kernel/shard.ts'
import type { TaskQuery } from '../../ledger/ledger.ts'
import type { Task } from '../../ledger/task.ts'
import { PLACES_A_MS } from './entry.ts'
import type { Link } from './link.ts'
import { merge } from './merge.ts'
import type { Names } from './names.ts'
import { unpackTask, type StoredTask } from './packed-task.ts'

/** A task and its place in the order of admission. */
type Placed = { number: number, task: Task }

/** Where the next page begins: the number and reference of the last task that was shown. */
type Place = { number: number, ref: string }

const CHUNK = 100
/** A number is never before its task's time, and runs ahead of it by no more than gateways' clocks differ, or a row is written late. */
const AHEAD_MS = 86_400_000
const CURSOR = /^([0-9a-z]{1,11})-(tsk_[0-9A-Za-z]{1,60})$/

export function taskStore (link: Link, names: Names) {
  async function read (ref: TaskRef): Promise<StoredTask | undefined> {
    const shard = shardOfRef(ref)
    if (shard === undefined) return undefined
    const value = await link.ask(names.inShard(shard), redis => redis.get(names.task(shard, ref)))
    return value === null ? undefined : unpackTask(value)
  }

  async function * newestOf (team: TeamId, { fromMs, toMs }: TaskQuery, place: Place | undefined): AsyncGenerator<Placed> {
    const shard = shardOf(team)
    const least = fromMs === undefined ? '-inf' : fromMs * PLACES_A_MS
    const latest = toMs === undefined ? Infinity : (toMs + AHEAD_MS) * PLACES_A_MS
    let most = Math.min(latest, place?.number ?? Infinity)
    // Another shard's task may have the number of the last one that was shown, the same shard's cannot.
    let exclusive = false
    while (true) {
      const bound = `${exclusive ? '(' : ''}${most === Infinity ? '+inf' : most}`
      const found = await link.ask(names.inShard(shard), redis => redis.zrevrangebyscore(names.tasks(team), bound, least, 'WITHSCORES', 'LIMIT', 0, CHUNK))
      const refs = found.filter((_, index) => index % 2 === 0)
      if (refs.length === 0) return
      const values = await link.ask(names.inShard(shard), redis => redis.mget(refs.map(ref => names.task(shard, ref as TaskRef))))
      for (const [index, value] of values.entries()) {
        const number = Number(found[2 * index + 1])
        // Rows that are past their retention are gone before their place is.
        if (value === null || (place !== undefined && number === place.number && (refs[index] ?? '') >= place.ref)) continue
        yield { number, task: unpackTask(value).task }
      }
      if (refs.length < CHUNK) return
      most = Number(found.at(-1))
      exclusive = true
    }
  }

  /** Every task that upstream gave this id to. */
  async function byTaskId ({ team, taskId }: TaskQuery): Promise<Placed[]> {
    if (taskId === undefined) return []
    const shards = team === undefined ? ALL_SHARDS : [shardOf(team)]
    const refs = await Promise.all(shards.map(shard => link.ask(names.inShard(shard), redis => redis.get(names.taskId(shard, taskId)))))
    const found = await Promise.all(refs.flatMap(text => text?.split(' ') ?? []).map(ref => read(ref as TaskRef)))
    const placed = await Promise.all(found.flatMap(stored => stored === undefined ? [] : [stored.task]).map(async task => {
      const number = await link.ask(names.team(task.team), redis => redis.zscore(names.tasks(task.team), task.ref))
      return { task, number: Number(number ?? 0) }
    }))
    return placed.sort((one, other) => isBefore(one, other) ? -1 : 1)
  }

  async function * matching (query: TaskQuery, place: Place | undefined): AsyncGenerator<Placed> {
    if (query.taskId !== undefined) {
      yield * (await byTaskId(query)).filter(({ number, task }) => place === undefined || isBefore({ number: place.number, task: { ref: place.ref } }, { number, task }))
      return
    }
    const teams = query.team === undefined ? await link.ask(names.teams, redis => redis.zrangebylex(names.teams, '-', '+')) : [query.team]
    yield * merge(teams.map(team => newestOf(team as TeamId, query, place)), isBefore)
  }

  return {
    read,

    /** @throws InvalidCursor */
    async list (query: TaskQuery): Promise<Page<Task>> {
      const place = query.cursor === null ? undefined : placeOf(query.cursor)
      const rows: Placed[] = []
      for await (const placed of matching(query, place)) {
        if (!isWanted(query, placed.task)) continue
        if (rows.length === query.limit) return { rows: rows.map(({ task }) => task), nextCursor: cursorOf(rows.at(-1)) }
        rows.push(placed)
      }
      return { rows: rows.map(({ task }) => task), nextCursor: null }
    }
  }
}

function isWanted ({ team, key, state, model, fromMs, toMs }: TaskQuery, task: Task): boolean {
  return (team === undefined || task.team === team) && (key === undefined || task.keyId === key) && (state === undefined || task.state === state) &&
    (model === undefined || task.model === model) && (fromMs === undefined || task.createdAtMs >= fromMs) && (toMs === undefined || task.createdAtMs < toMs)
}

/** Newest first; tasks of one number lie in different shards. */
function isBefore (one: { number: number, task: { ref: string } }, other: { number: number, task: { ref: string } }): boolean {
  return one.number === other.number ? one.task.ref > other.task.ref : one.number > other.number
}

function cursorOf (last: Placed | undefined): string | null {
  return last === undefined ? null : `${last.number.toString(36)}-${last.task.ref}`
}

function placeOf (cursor: string): Place {
  const [, number, ref] = CURSOR.exec(cursor) ?? []
  if (number === undefined || ref === undefined) throw new InvalidCursor()
  return { number: Number.parseInt(number, 36), ref }
}
