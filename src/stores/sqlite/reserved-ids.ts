// Ids of upstream's that tasks are about to be given, so that no two are given the same one. One process has the file, so what it remembers is enough.
import type { Clock } from '../../kernel/clock.ts'
import type { TaskId, TaskRef } from '../../kernel/ids.ts'
import { RESERVED_MS } from '../../ledger/ledger.ts'

export class ReservedIds {
  readonly #clock: Clock
  readonly #held = new Map<TaskId, { ref: TaskRef, untilMs: number }>()

  constructor (clock: Clock) { this.#clock = clock }

  /** Sets the id aside for the task for `RESERVED_MS`. @returns false if it is set aside for another one */
  reserve (taskId: TaskId, ref: TaskRef): boolean {
    const nowMs = this.#clock.nowMs()
    for (const [id, { untilMs }] of this.#held) if (untilMs <= nowMs) this.#held.delete(id)
    const holder = this.#held.get(taskId)?.ref ?? ref
    if (holder === ref) this.#held.set(taskId, { ref, untilMs: nowMs + RESERVED_MS })
    return holder === ref
  }
}
