// The stories of those who wait: for the end of a task, or for everything that happens to it.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { KeyId } from '../kernel/ids.ts'
import { isRunning, type Task } from '../ledger/task.ts'
import { refusal } from './refusals.ts'
import type { TaskListener, TaskWatch } from './task-watch.ts'

export type AwaitDependencies = { watch: TaskWatch, places: WaitingPlaces }

export type WaitRequest = {
  task: Task
  endpoint: Endpoint
  keyId: KeyId
  /** Calls the listener when the caller goes away, at once if it has gone; perhaps also when it was answered. */
  whenGone: (listener: () => void) => void
}

/** How many of one key may wait at a time. */
const WAITING_PER_KEY_MAX = 5000

/** Counts who waits, by key. */
export class WaitingPlaces {
  readonly #taken = new Map<KeyId, number>()

  /** @returns whether there was one; then it is to be given back */
  take (keyId: KeyId): boolean {
    const taken = this.#taken.get(keyId) ?? 0
    if (taken >= WAITING_PER_KEY_MAX) return false
    this.#taken.set(keyId, taken + 1)
    return true
  }

  giveBack (keyId: KeyId): void {
    const left = (this.#taken.get(keyId) ?? 1) - 1
    if (left === 0) this.#taken.delete(keyId)
    else this.#taken.set(keyId, left)
  }
}

/**
 * Waits until the task has ended, for at most so long.
 * @returns the task as it is then; undefined if there was no place to wait, which a preference allows
 */
export function awaitEnd (deps: AwaitDependencies, request: WaitRequest & { waitMs: number }): Promise<Task | undefined> {
  if (!isRunning(request.task)) return Promise.resolve(request.task)
  if (!deps.places.take(request.keyId)) return Promise.resolve(undefined)
  const { promise, resolve } = Promise.withResolvers<Task>()
  let latest = request.task
  const timer = setTimeout(() => end(), request.waitMs)
  const end = follow(deps, request, changed => {
    if (changed !== undefined) {
      latest = changed
      return
    }
    clearTimeout(timer)
    resolve(latest)
  })
  return promise
}

/**
 * Tells the task as it is, and after every change of its state, until it has ended, the caller has gone, or the gateway stops; then undefined, once.
 * @param open gives who is told, as soon as it is sure that there is a place
 * @throws Refusal `rate_limited` if too many of the key wait already
 */
export function followTask (deps: AwaitDependencies, request: WaitRequest, open: () => TaskListener): void {
  const { task, keyId } = request
  if (!deps.places.take(keyId)) {
    throw refusal('rate_limited', `This key has ${WAITING_PER_KEY_MAX} waiting calls already.`, { retryAfterS: 1, violatedPolicies: ['waiting'] })
  }
  const listener = open()
  listener(task)
  follow(deps, request, listener)
}

/** Tells of what happens to the task from now on, and gives the place back at the end. @returns what ends it, any number of times */
function follow ({ places, watch }: AwaitDependencies, request: WaitRequest, listener: TaskListener): () => void {
  const { task, keyId, whenGone } = request
  let ended = false
  let unwatch = (): void => {}
  const end = (): void => {
    if (ended) return
    ended = true
    unwatch()
    places.giveBack(keyId)
    listener(undefined)
  }
  if (isRunning(task)) {
    unwatch = watch.watch(request, changed => {
      if (changed !== undefined) listener(changed)
      if (changed === undefined || !isRunning(changed)) end()
    })
  } else end()
  if (ended) unwatch()
  else whenGone(end)
  return end
}
