// A company that has used the gateway for two months: its teams, keys and tasks, the same in every ledger and every run.
import { newTaskRef, randomBase62, type TaskId, type TeamId } from '../src/kernel/ids.ts'
import { fingerprintOf } from '../src/ledger/fingerprint.ts'
import type { Ledger, Order } from '../src/ledger/ledger.ts'
import type { Resolution, TaskBody } from '../src/ledger/task.ts'
import type { Caller, TeamDirectory } from '../src/teams/directory.ts'
import { manualClock, type ManualClock } from '../test/support/manual-clock.ts'
import { aKey, aTeam } from '../test/support/teams.ts'
import { insist, sideBySide } from './side-by-side.ts'

/** How much there is; the first team has half of all keys and tasks. */
export type Size = { teams: number, keys: number, tasks: number }

export type ManyTasks = {
  /** of every team, the first of its keys the busiest */
  teams: Caller[][]
  /** some task's */
  taskId: TaskId
  fromMs: number
  toMs: number
}

export const DAYS = 60
export const DAY_MS = 86_400_000
export const MODELS = { usual: 'alibaba/wan2.2-t2v-plus', rare: 'vendor/rare-model' } as const
/** Of a thousand tasks, so many end otherwise than well. */
const ENDS: readonly [of: number, kind: 'failed' | 'refused' | 'unsent' | 'unknown'][] = [[80, 'failed'], [30, 'refused'], [5, 'unsent'], [1, 'unknown']]
const RARE_OF_1000 = 1
/** The last of them have not ended. */
const UNFINISHED_OF_1000 = 2
const URL_CHARACTERS = 400

/** The time of the company: two months before now, and moved by every task that begins. */
export function longAgo (): ManualClock {
  const clock = manualClock()
  clock.advance(-DAYS * DAY_MS)
  return clock
}

/** Fills a ledger that has nothing in it, through the roles that the gateway itself uses. */
export async function manyTasks ({ ledger, directory }: { ledger: Ledger, directory: TeamDirectory }, clock: ManualClock, { teams: teamCount, keys, tasks }: Size): Promise<ManyTasks> {
  const fromMs = clock.nowMs()
  const teams = Array.from({ length: teamCount }, (_, number) => {
    const team = aTeam({ id: `team-${String(number).padStart(4, '0')}` as TeamId })
    const count = teamCount === 1 ? keys : number === 0 ? Math.ceil(keys / 2) : Math.ceil(keys / 2 / (teamCount - 1))
    return Array.from({ length: count }, (): Caller => ({ team, key: aKey(team, { label: 'service' }) }))
  })
  await sideBySide(teams, async ([caller]) => { if (caller !== undefined) await insist(() => directory.createTeam(caller.team)) })
  await sideBySide(teams.flat(), ({ key }) => insist(() => directory.createKey(key)))

  const dice = diceOf(4711)
  let taskId = '' as TaskId
  const numbers = Array.from({ length: tasks }, (_, number) => number)
  await sideBySide(numbers, async number => {
    clock.advance(Math.floor(DAYS * DAY_MS / tasks))
    const callers = teams[dice() < 0.5 ? 0 : Math.floor(dice() * teams.length)] ?? []
    // A few keys of a team do most of its work.
    const caller = callers[Math.floor(dice() ** 4 * callers.length)]
    if (caller === undefined) throw new Error('every team has a key')
    const order = orderOf(caller, clock.nowMs(), Math.floor(dice() * 1000) < RARE_OF_1000 ? MODELS.rare : MODELS.usual)
    const end = endOf(Math.floor(dice() * 1000), number >= tasks * (1 - UNFINISHED_OF_1000 / 1000))
    if (end.kind === 'accepted') taskId = end.taskId
    await insist(() => ledger.admit(order))
    await insist(() => ledger.resolve(order, end))
  })
  return { teams, taskId, fromMs, toMs: clock.nowMs() }
}

function orderOf (caller: Caller, nowMs: number, model: string): Order {
  const ref = newTaskRef(caller.team.id)
  return {
    ref,
    caller,
    model,
    priceMicros: 500_000,
    fingerprint: fingerprintOf(model, { prompt: ref }),
    idempotencyKey: undefined,
    trace: null,
    orderedAtMs: nowMs,
    // Filling is not about being late.
    notAfterMs: nowMs + DAY_MS,
    submitDeadlineMs: nowMs + DAY_MS
  }
}

function endOf (chance: number, unfinished: boolean): Resolution {
  let left = chance
  for (const [of, kind] of ENDS) {
    if (left < of) return kind === 'failed' ? accepted(kind) : { kind }
    left -= of
  }
  return accepted(unfinished ? 'pending' : 'completed')
}

function accepted (status: 'pending' | 'completed' | 'failed'): Extract<Resolution, { kind: 'accepted' }> {
  const id = `up-${randomBase62(28)}` as TaskId
  const times = { created_at: '2026-11-22T12:00:00.657134+00:00', updated_at: '2026-11-22T12:01:32.120034+00:00' }
  const body: TaskBody = { task_info: { id, status, ...times } }
  return { kind: 'accepted', taskId: id, credential: 'c0ffee00', body: status === 'completed' ? { ...body, videos: [`https://media.mulerouter.example/${randomBase62(URL_CHARACTERS)}.mp4`] } : body }
}

/** Chance that comes out the same in every run. */
function diceOf (seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
