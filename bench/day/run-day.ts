// Lives through a planned day, one moment after the other.
import type { TaskId } from '../../src/kernel/ids.ts'
import type { ManualClock } from '../../test/support/manual-clock.ts'
import { sideBySide } from '../side-by-side.ts'
import type { Gateway } from './gateway.ts'
import { TICK_MS, TICKS, type Plan, type PlannedCreate } from './plan.ts'

export type Shown = { accepted: number, repeated: number, exhausted: number, neverBegan: number, unknown: number, reads: number, looks: number, begun: number }

/** After the last create, so long until all have ended. */
const AFTERWARDS = 60

export async function runDay (gateway: Gateway, clock: ManualClock, { creates }: Plan): Promise<Shown> {
  const shown: Shown = { accepted: 0, repeated: 0, exhausted: 0, neverBegan: 0, unknown: 0, reads: 0, looks: 0, begun: 0 }
  const moments = new Map<number, (() => Promise<void>)[]>()
  const at = (tick: number, work: () => Promise<void>): void => { moments.set(tick, [...moments.get(tick) ?? [], work]) }

  async function begin (create: PlannedCreate, number: number): Promise<void> {
    const answer = await gateway.create(create, number)
    if (answer.kind === 'refused') count(answer.code)
    else if (answer.replayed) shown.repeated++
    else {
      shown.accepted++
      follow(create, answer.taskId)
    }
  }

  function count (code: string): void {
    if (code === 'quota_exhausted') shown.exhausted++
    else if (code === 'outcome_unknown') shown.unknown++
    else if (code === 'upstream_refused' || code === 'upstream_unreachable') shown.neverBegan++
    else throw new Error(`nobody planned for ${code}`)
  }

  function follow ({ tick, caller, takesTicks, pollers, everyTicks }: PlannedCreate, taskId: TaskId): void {
    if (pollers === 0) return
    const polls = Math.ceil(takesTicks / everyTicks)
    for (let poll = 0; poll < polls * pollers; poll++) {
      at(tick + (Math.floor(poll / pollers) + 1) * everyTicks, async () => {
        await gateway.read(caller, taskId)
        shown.reads++
      })
    }
  }

  for (const [number, create] of creates.entries()) {
    at(create.tick, () => begin(create, number))
    if (create.repeated) at(create.tick + 1, () => begin(create, number))
  }
  for (let tick = 0; tick < TICKS + AFTERWARDS; tick++) {
    await sideBySide(moments.get(tick) ?? [], work => work())
    moments.delete(tick)
    await gateway.sweep()
    clock.advance(TICK_MS)
  }
  return { ...shown, looks: gateway.upstream.looks, begun: gateway.upstream.begun.size }
}
