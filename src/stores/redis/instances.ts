// Which gateways share the ledger, and what is left of those that have died.
import type { TaskRef } from '../../kernel/ids.ts'
import { randomBase62 } from '../../kernel/ids.ts'
import type { Log } from '../../kernel/log.ts'
import { ALL_SHARDS, type Shard } from '../../kernel/shard.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Task } from '../../ledger/task.ts'
import { isNewer } from '../../ledger/task-place.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import type { StoreTime } from './store-time.ts'
import { placeOfTask } from './task-lists.ts'
import { readValues } from './task-values.ts'

export type InstancesOptions = { link: Link, names: Names, time: StoreTime, instance: string, log: Log }

/** How often a gateway says that it lives is far less than this. */
const DEAD_AFTER_MS = 10_000
/** One that comes back after so long is not known any more: what it was acknowledged is forgotten. */
const FORGOTTEN_AFTER_MS = 7 * 86_400_000

export function newInstance (): string { return `gw_${randomBase62(10)}` }

export class Instances {
  readonly #options: InstancesOptions
  /** since when this gateway has been heard without a gap; who could not be heard itself knows nothing of others */
  #heardSinceMs: number | undefined

  constructor (options: InstancesOptions) { this.#options = options }

  /** This gateway lives. @throws LedgerUnavailable */
  async beat (): Promise<void> {
    const { link, names, time, instance } = this.#options
    const nowMs = time.nowMs()
    try {
      const isNew = await link.ask(names.instances, redis => redis.zadd(names.instances, nowMs, instance)) === 1
      // One that was taken for dead has come back.
      if (isNew) await link.ask(names.dead, redis => redis.zrem(names.dead, instance))
      this.#heardSinceMs ??= nowMs
    } catch (error) {
      this.#heardSinceMs = undefined
      throw error
    }
  }

  /** This gateway ends: nobody needs to wait for it to be silent. */
  async leave (): Promise<void> {
    const { link, names, instance } = this.#options
    await link.ask(names.instances, redis => redis.zadd(names.instances, 0, instance))
  }

  /** Whoever waited for an answer of a gateway that has died is gone: the next equal request takes the task over. */
  async bury (ledger: Ledger): Promise<void> {
    const { link, names, time, instance, log } = this.#options
    const nowMs = time.nowMs()
    const silentMs = this.#heardSinceMs === undefined || nowMs - this.#heardSinceMs < DEAD_AFTER_MS ? 0 : nowMs - DEAD_AFTER_MS
    const dead = (await link.ask(names.instances, redis => redis.zrangebyscore(names.instances, '-inf', silentMs))).filter(name => name !== instance)
    if (dead.length === 0) return
    for (const shard of ALL_SHARDS) {
      for (const task of await this.#leftIn(shard, dead)) await ledger.lose(task)
    }
    for (const name of dead) await link.ask(names.dead, redis => redis.zadd(names.dead, nowMs, name))
    await link.ask(names.instances, redis => redis.zrem(names.instances, ...dead))
    log.warn({ instances: dead }, 'instances gone')
    await this.#forget(nowMs - FORGOTTEN_AFTER_MS)
  }

  /** Drops what shards remember of gateways that have been dead for long; one that comes back sooner still finds its counts. */
  async #forget (beforeMs: number): Promise<void> {
    const { link, names } = this.#options
    const old = await link.ask(names.dead, redis => redis.zrangebyscore(names.dead, '-inf', beforeMs))
    if (old.length === 0) return
    await Promise.all(ALL_SHARDS.map(shard => link.ask(names.inShard(shard), redis => redis.hdel(names.epoch(shard), ...old))))
    await link.ask(names.dead, redis => redis.zrem(names.dead, ...old))
  }

  /** Submissions of these gateways that nobody can ask for by an Idempotency-Key, in the order of their admission: in this one they are taken over. */
  async #leftIn (shard: Shard, dead: readonly string[]): Promise<Task[]> {
    const { link, names } = this.#options
    const refs = await link.ask(names.inShard(shard), redis => redis.zrangebyscore(names.due(shard), '-inf', '+inf'))
    if (refs.length === 0) return []
    const stored = (await readValues({ link, names }, shard, refs as TaskRef[])).filter(task => task !== undefined)
    const left = stored.filter(({ task, claim, instance }) => task.state === 'submitting' && claim === null && dead.includes(instance))
    const placed = await Promise.all(left.map(async ({ task }) => ({ task, place: await placeOfTask({ link, names }, task) })))
    return placed.sort((one, other) => isNewer(one.place, other.place) ? 1 : -1).map(({ task }) => task)
  }
}
