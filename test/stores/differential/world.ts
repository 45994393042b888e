// What a history knows: who there is and who there was, what was ordered, and what was answered.
import type { KeyId, TaskId, TaskRef, TeamId } from '../../../src/kernel/ids.ts'
import { newTaskRef } from '../../../src/kernel/ids.ts'
import { fingerprintOf } from '../../../src/ledger/fingerprint.ts'
import type { Order, TaskQuery, Transition } from '../../../src/ledger/ledger.ts'
import type { Resolution, Task, TaskBody, TaskState, TaskStatus } from '../../../src/ledger/task.ts'
import { hashKey, type ApiKey } from '../../../src/teams/api-key.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import type { Limits } from '../../../src/teams/limits.ts'
import type { Team } from '../../../src/teams/team.ts'
import { ADMIT_WITHIN_MS, SUBMIT_WITHIN_MS } from '../../contract/open-ledger.ts'
import { present } from '../../support/present.ts'
import { VIDEOS } from '../../support/tasks.ts'
import { aKey, aTeam } from '../../support/teams.ts'
import { Both, type Side } from './both.ts'
import { MEANT_MAX, type Beginning, type End, type Wanted, type Who } from './steps.ts'

// The first two lie in one shard.
const TEAM_IDS = ['film', 'shop', 'ads']
const KEY_OWNERS = ['film', 'film', 'film', 'shop', 'ads', 'ads']

export type OpenList = { query: TaskQuery, cursors: Map<Side, string | null> }

export class World {
  readonly both: Both
  readonly teams = new Map<TeamId, Team>()
  readonly keys: ApiKey[] = []
  readonly orders: Order[] = []
  readonly lostAtMs = new Map<TaskRef, number>()
  readonly takenOver = new Set<TaskRef>()
  readonly tookOver = new Set<TaskRef>()
  /** the list whose pages are turned */
  list: OpenList | undefined
  /** callers as they were before their last change */
  readonly #former = new Map<KeyId, Caller>()
  readonly #tasks = new Map<TaskRef, Task[]>()
  readonly #ends = new Map<TaskRef, Resolution>()
  #said = 0

  constructor (both: Both) { this.both = both }

  async begin ({ teams, keys }: Beginning): Promise<void> {
    for (const [place, settings] of teams.entries()) await this.addTeam(aTeam({ ...settings, id: present(TEAM_IDS[place]) as TeamId, name: '' }))
    for (const [place, limits] of keys.entries()) await this.addKey(present(KEY_OWNERS[place]) as TeamId, limits, place === 1 ? this.keys[0]?.lineage : undefined)
  }

  async addTeam (team: Team): Promise<void> {
    this.teams.set(team.id, team)
    await this.both.same(`team ${team.id} in ${team.timeZone}: ${JSON.stringify(team.limits)}`, ({ directory }) => directory.createTeam(team))
  }

  async addKey (team: TeamId, limits: Limits, lineage?: KeyId): Promise<void> {
    const id = `key_${this.keys.length + 1}` as KeyId
    const key = aKey(present(this.teams.get(team)), { id, hash: hashKey(id), limits, lineage: lineage ?? id })
    this.keys.push(key)
    await this.both.same(`${id} of ${team}, lineage ${key.lineage}: ${JSON.stringify(limits)}`, ({ directory }) => directory.createKey(key))
  }

  get nowMs (): number { return this.both.clock.nowMs() }
  get callers (): Caller[] { return this.keys.map(key => ({ key, team: present(this.teams.get(key.team)) })) }

  caller ({ who, stale }: Who): Caller {
    const current = present(this.callers[who % this.keys.length])
    return stale ? this.#former.get(current.key.id) ?? current : current
  }

  /** The order that a number names, counted from the newest one. Small numbers name orders whose tasks are in these states, if there are any. */
  order (number: number, states?: readonly TaskState[]): Order | undefined {
    const meant = number > MEANT_MAX || states === undefined ? [] : this.orders.filter(order => states.includes(this.taskOf(order, 0)?.state ?? 'submitting'))
    const among = meant.length === 0 ? this.orders : meant
    return among.at(-1 - number % among.length)
  }

  nameOf ({ ref }: Pick<Order, 'ref'>): string { return `order-${this.orders.findIndex(order => order.ref === ref) + 1}` }

  /** What was stored in the place of what this was made from. */
  replaced (next: Caller): void {
    for (const caller of this.callers) {
      if (caller.team.id === next.team.id) this.#former.set(caller.key.id, caller)
    }
    this.teams.set(next.team.id, next.team)
    this.keys.splice(this.keys.findIndex(({ id }) => id === next.key.id), 1, next.key)
  }

  make (wanted: Wanted): Order {
    const { priceMicros, model, prompt, idempotencyKey } = wanted
    const caller = this.caller(wanted)
    const fingerprint = fingerprintOf(model, { prompt })
    const order = {
      ref: newTaskRef(caller.team.id),
      caller,
      model,
      priceMicros,
      fingerprint,
      idempotencyKey,
      trace: null,
      orderedAtMs: this.nowMs,
      notAfterMs: this.nowMs + ADMIT_WITHIN_MS,
      submitDeadlineMs: this.nowMs + SUBMIT_WITHIN_MS
    }
    this.both.call(fingerprint, `${prompt} on ${model}`)
    return order
  }

  /** An order that can be met again. */
  keep (order: Order): Order {
    this.orders.push(order)
    this.both.call(order.ref, this.nameOf(order))
    return order
  }

  /** The task as it was so many answers ago. */
  taskOf ({ ref }: Order, age: number): Task | undefined {
    const known = this.#tasks.get(ref) ?? []
    return known.at(-1 - Math.min(age, known.length - 1))
  }

  /** Remembers what a task was and is. */
  learn (transition: Transition | undefined): void {
    if (transition === undefined) return
    const { before, after } = transition
    this.#tasks.set(before.ref, [...this.#tasks.get(before.ref) ?? [before], after])
  }

  remember (task: Task | undefined): void {
    if (task !== undefined) this.#tasks.set(task.ref, [...this.#tasks.get(task.ref) ?? [], task])
  }

  /** How the submission of an order ended; no two answers are alike, but for those that are given again. */
  endOf (order: Order, as: End): Resolution {
    const earlier = this.#ends.get(order.ref)
    if (as === 'again' && earlier !== undefined) return earlier
    const end = this.#newEnd(order, as)
    this.#ends.set(order.ref, end)
    return end
  }

  idOf ({ ref }: Order): TaskId | undefined { return this.#tasks.get(ref)?.at(-1)?.taskId ?? undefined }

  /** Upstream's body, which differs from every other. `bare`: completed, without the media. */
  bodyOf (id: TaskId | undefined, status: TaskStatus | 'bare'): TaskBody {
    const info = { id: id ?? 'nobody', status: status === 'bare' ? 'completed' as const : status, said: ++this.#said, by: 'Ü\n"{}' }
    return status === 'completed' ? { task_info: info, videos: VIDEOS } : { task_info: info, videos: [] }
  }

  #newEnd (order: Order, as: End): Resolution {
    switch (as) {
      case 'refused':
      case 'unsent':
      case 'unknown': return { kind: as }
      case 'unknown-of-token': return { kind: 'unknown', credential: `token-${this.#said % 2}` }
      default: {
        const others = this.orders.filter(({ ref }) => ref !== order.ref)
        const taken = as === 'shared' ? others.map(other => this.idOf(other)).find(id => id !== undefined) : undefined
        const taskId = taken ?? `up-${++this.#said}` as TaskId
        return { kind: 'accepted', taskId, credential: this.#said % 2 === 0 ? null : 'c0ffee00', body: this.bodyOf(taskId, as === 'shared' || as === 'again' ? 'pending' : as) }
      }
    }
  }
}
