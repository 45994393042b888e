// What a planned day will ask of the gateway and of Redis, counted before it begins.
import { KINDS, type Costs, type Kind } from './costs.ts'
import { QUOTA, TICKS, type Plan, type PlannedCreate } from './plan.ts'
import { combined, NO_USE, type Use } from './redis-use.ts'

export type Counts = Record<Kind, number>

/** The sweep looks at a task that nobody asks for after 5, 10 and 20 seconds, and then every 20 ± 4: in ticks. */
const SWEPT_FIRST = [1, 2, 4]
const SWEPT_EVERY = 4.5

export function countsOf ({ callers, creates }: Plan): Counts {
  const counts: Counts = { team: new Set(callers.map(({ team }) => team)).size, key: callers.length, activeTeam: 0, activeKey: 0, create: 0, named: 0, repeat: 0, neverBegan: 0, unknown: 0, exhausted: 0, read: 0, look: 0, settle: 0, sweptLook: 0, round: TICKS }
  const [activeTeams, activeKeys] = [new Set<string>(), new Set<string>()]
  const used = new Map<string, number>()
  const givenBack: { tick: number, team: string }[] = []
  for (const create of creates) {
    const { tick, named, repeated, fate, caller: { team, key } } = create
    for (let place = givenBack.findIndex(each => each.tick <= tick); place !== -1; place = givenBack.findIndex(each => each.tick <= tick)) {
      const [back] = givenBack.splice(place, 1)
      if (back !== undefined) used.set(back.team, (used.get(back.team) ?? 1) - 1)
    }
    if ((used.get(team.id) ?? 0) >= QUOTA) {
      counts.exhausted += repeated ? 2 : 1
      continue
    }
    activeTeams.add(team.id)
    activeKeys.add(key.id)
    if (fate === 'refused' || fate === 'unsent') {
      // The Idempotency-Key of what never began is forgotten: sent again, it is a new create.
      counts.neverBegan += repeated ? 2 : 1
      continue
    }
    used.set(team.id, (used.get(team.id) ?? 0) + 1)
    if (repeated) counts.repeat++
    if (fate === 'unknown') {
      counts.unknown++
      continue
    }
    counts[named ? 'named' : 'create']++
    const { endTick, read, look, sweptLook } = followed(create)
    if (fate === 'failed') givenBack.push({ tick: endTick, team: team.id })
    counts.read += read
    counts.look += look
    counts.sweptLook += sweptLook
    counts.settle++
  }
  counts.activeTeam = activeTeams.size
  counts.activeKey = activeKeys.size
  return counts
}

/** How often an accepted task is read and looked at before the look that settles it, and when that is. */
function followed ({ tick, takesTicks, pollers, everyTicks }: PlannedCreate): { endTick: number, read: number, look: number, sweptLook: number } {
  if (pollers === 0) {
    const later = Math.max(0, takesTicks - Math.max(...SWEPT_FIRST)) / SWEPT_EVERY
    return { endTick: tick + takesTicks + SWEPT_EVERY / 2, read: 0, look: 0, sweptLook: SWEPT_FIRST.length + Math.floor(later) }
  }
  const polls = Math.ceil(takesTicks / everyTicks)
  // Where nobody asks in the first five seconds, the sweep does.
  return { endTick: tick + polls * everyTicks, read: polls * (pollers - 1), look: polls - 1, sweptLook: everyTicks > 1 ? 1 : 0 }
}

export function predicted (counts: Counts, costs: Costs): Use {
  return KINDS.reduce((sum, kind) => combined(sum, 1, costs[kind], counts[kind]), NO_USE)
}
