// The windows that a task was counted in, in a few letters: their labels follow from the time of its admission, but for the local day.
import { LRUCache } from 'lru-cache'
import { QUOTA_PERIODS, type QuotaPeriod } from '../../teams/limits.ts'
import type { CounterId, Scope } from '../../ledger/counter.ts'
import type { Task } from '../../ledger/task.ts'
import { weekOf } from '../../ledger/window.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const REMEMBERED = 10_000
/** The letters of the team's periods, those of the key's, and by how many days the team's day is ahead of that of UTC. */
const WINDOWS = /^([hdwmt]+)\.([hdwmt]*)\.(-?\d+)$/

/** `dmt.dmt.0`: day, month and total of team and key, on the day that it was in UTC. */
export function packWindows ({ counted, createdAtMs }: Pick<Task, 'counted' | 'createdAtMs'>): string {
  const lettersOf = (wanted: Scope): string => counted.filter(({ scope }) => scope === wanted).map(({ per }) => per[0]).join('')
  const day = counted.find(({ per }) => per === 'day')
  if (day === undefined) throw new Error('every task is counted in its day')
  return `${lettersOf('team')}.${lettersOf('key')}.${dayNumber(Date.parse(day.label)) - dayNumber(createdAtMs)}`
}

// Tasks of one key and hour are mostly counted in the same windows.
const unpacked = new LRUCache<string, readonly CounterId[]>({ max: REMEMBERED })

/** @param owners whose windows they are @throws if the text is not what `packWindows` gives */
export function unpackWindows (text: string, createdAtMs: number, owners: Readonly<Record<Scope, string>>): readonly CounterId[] {
  const name = `${text} ${Math.floor(createdAtMs / HOUR_MS)} ${owners.team} ${owners.key}`
  let windows = unpacked.get(name)
  if (windows === undefined) {
    windows = windowsIn(text, createdAtMs, owners)
    unpacked.set(name, windows)
  }
  return windows
}

function windowsIn (text: string, createdAtMs: number, owners: Readonly<Record<Scope, string>>): CounterId[] {
  const [, team = '', key = '', ahead] = WINDOWS.exec(text) ?? []
  if (ahead === undefined) throw new Error('a task in Redis says what it is counted in')
  const day = new Date(createdAtMs + Number(ahead) * DAY_MS).toISOString().slice(0, 10)
  const windowsOf = (scope: Scope, letters: string) => [...letters].map((letter): CounterId => {
    const per = QUOTA_PERIODS.find(period => period.startsWith(letter)) ?? 'total'
    return { scope, owner: owners[scope], per, label: labelOf(per, day, createdAtMs) }
  })
  return [...windowsOf('team', team), ...windowsOf('key', key)]
}

/** As `windowAt` names the window of this local day. */
function labelOf (per: QuotaPeriod, day: string, createdAtMs: number): string {
  switch (per) {
    case 'hour': return `${new Date(createdAtMs).toISOString().slice(0, 13)}Z`
    case 'day': return day
    case 'week': return weekOf(Temporal.PlainDate.from(day))
    case 'month': return day.slice(0, 7)
    case 'total': return 'total'
  }
}

function dayNumber (ms: number): number { return Math.floor(ms / DAY_MS) }
