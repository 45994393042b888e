// The stories of those who wait: for the end of a task, or for everything that happens to it.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { KeyId } from '../kernel/ids.ts'
import { isRunning, type Task } from '../ledger/task.ts'
import { refusal } from './refusals.ts'
import type { TaskWatch } from './task-watch.ts'

export type AwaitDependencies = { watch: TaskWatch, places: WaitingPlaces }

/** `gone` aborts when the caller goes away. */
export type WaitRequest = { task: Task, endpoint: Endpoint, keyId: KeyId, gone: AbortSignal }

/** How many of one key may wait at a time. */
const WAITING_PER_KEY_MAX = 5000

/** Counts who waits, by key. */
export class WaitingPlaces {
  readonly #taken = new Map<KeyId, number>()

  /** @returns what gives the place back, or undefined if there is none */
  take (keyId: KeyId): (() => void) | undefined {
    const taken = this.#taken.get(keyId) ?? 0
    if (taken >= WAITING_PER_KEY_MAX) return undefined
    this.#taken.set(keyId, taken + 1)
    return () => {
      const left = (this.#taken.get(keyId) ?? 1) - 1
      if (left === 0) this.#taken.delete(keyId)
      else this.#taken.set(keyId, left)
    }
  }
}

/**
 * Waits until the task has ended, for at most so long.
 * @returns the task as it is then; undefined if there was no place to wait, which a preference allows
 */
export async function awaitEnd (deps: AwaitDependencies, request: WaitRequest & { waitMs: number }): Promise<Task | undefined> {
  const { task, waitMs, gone } = request
  if (!isRunning(task)) return task
  const leave = deps.places.take(request.keyId)
  if (leave === undefined) return undefined
  let latest = task
  let stop = (): void => {}
  await new Promise<void>(resolve => {
    const end = (): void => resolve()
    const timer = setTimeout(end, waitMs)
    gone.addEventListener('abort', end, { once: true })
    const unwatch = deps.watch.watch(request, changed => {
      latest = changed ?? latest
      if (changed === undefined || !isRunning(changed)) end()
    })
    stop = () => {
      clearTimeout(timer)
      gone.removeEventListener('abort', end)
      unwatch()
    }
    if (gone.aborted) end()
  })
  stop()
  leave()
  return latest
}

/**
 * The task as it is, and after every change of its state, until it has ended, the caller has gone, or the gateway stops.
 * @throws Refusal `rate_limited` if too many of the key wait already
 */
export function followTask (deps: AwaitDependencies, request: WaitRequest): AsyncIterable<Task> {
  const { task, keyId, gone } = request
  const leave = deps.places.take(keyId)
  if (leave === undefined) throw refusal('rate_limited', `This key has ${WAITING_PER_KEY_MAX} waiting calls already.`, { retryAfterS: 1, violatedPolicies: ['waiting'] })
  const changes: Array<Task | undefined> = [task]
  let wake = (): void => {}
  const add = (change: Task | undefined): void => {
    changes.push(change)
    wake()
  }
  const unwatch = deps.watch.watch(request, add)
  let ended = false
  // Also when nobody ever asks for the first event.
  const end = (): void => {
    if (ended) return
    ended = true
    gone.removeEventListener('abort', end)
    unwatch()
    leave()
    add(undefined)
  }
  gone.addEventListener('abort', end, { once: true })
  if (gone.aborted) end()

  async function * events (): AsyncGenerator<Task> {
    try {
      while (true) {
        if (changes.length === 0) await new Promise<void>(resolve => { wake = resolve })
        const change = changes.shift()
        if (change === undefined) return
        yield change
        if (!isRunning(change)) return
      }
    } finally {
      end()
    }
  }
  return events()
}
