// What gateways tell each other without being sure to be heard: that a team has changed, or that a task has moved.
import type { TaskRef, TeamId } from '../../kernel/ids.ts'
import { ALL_SHARDS, shardOfRef } from '../../kernel/shard.ts'
import { Watchers } from '../watchers.ts'
import type { CallerCache } from './caller-cache.ts'
import type { RedisClient } from './link.ts'
import type { Names } from './names.ts'

export type NewsOptions = { subscriber: RedisClient, names: Names, cache: CallerCache }

export class News {
  readonly #options: NewsOptions
  readonly #watchers = new Watchers()

  constructor (options: NewsOptions) { this.#options = options }

  /** Begins to listen, and goes on after every loss of the connection. Nobody waits for it. */
  listen (): void {
    const { subscriber, names, cache } = this.#options
    subscriber.on('error', () => {})
    subscriber.on('message', (channel: string, about: string) => {
      if (channel === names.changes) cache.forget(about as TeamId)
      else this.#watchers.tell(about as TaskRef)
    })
    subscriber.on('ready', () => { subscriber.subscribe(names.changes, ...ALL_SHARDS.map(names.moves)).catch(() => {}) })
    subscriber.connect().catch(() => {})
  }

  /** @returns what ends it */
  watch (ref: TaskRef, listener: () => void): () => void {
    return shardOfRef(ref) === undefined ? () => {} : this.#watchers.add(ref, listener)
  }
}
