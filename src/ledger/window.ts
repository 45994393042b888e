// Calendar windows in a team's time zone: what "per day" means at a given moment.
import type { QuotaPeriod } from '../teams/limits.ts'

/** `minute` serves `requests_per_minute`; the others are periods of quotas. */
export type Period = QuotaPeriod | 'minute'

/** A stretch of time, named by its local label so that a changed time zone opens no fresh one. */
export type Window = {
  per: Period
  /** `2026-11-22T15:04Z`, `2026-11-22T15Z`, `2026-11-22`, `2026-W47`, `2026-11` or `total` */
  label: string
  startsAtMs: number
  /** null for `total`, which never ends */
  endsAtMs: number | null
}

/**
 * The window that a moment lies in. Minutes and hours are those of UTC; days, ISO weeks (from Monday) and months are
 * those of the time zone, so a day has 23 or 25 hours when the clocks change.
 * @param timeZone IANA name
 */
export function windowAt (per: Period, timeZone: string, nowMs: number): Window {
  const name = `${per} ${timeZone}`
  const known = latest.get(name)
  if (known !== undefined && nowMs >= known.startsAtMs && nowMs < (known.endsAtMs ?? Infinity)) return known
  const window = computeWindow(per, timeZone, nowMs)
  latest.set(name, window)
  return window
}

/** The last one of each kind: almost every question is about now, and the calendar is slow. There are as many as periods and time zones. */
const latest = new Map<string, Readonly<Window>>()

function computeWindow (per: Period, timeZone: string, nowMs: number): Window {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs)
  switch (per) {
    case 'minute': return fixedWindow(per, 60_000, nowMs)
    case 'hour': return fixedWindow(per, 3_600_000, nowMs)
    case 'total': return { per, label: 'total', startsAtMs: 0, endsAtMs: null }
    case 'day': {
      const day = now.toZonedDateTimeISO(timeZone).toPlainDate()
      return localWindow(per, day.toString(), timeZone, day, day.add({ days: 1 }))
    }
    case 'week': {
      const day = now.toZonedDateTimeISO(timeZone).toPlainDate()
      const monday = day.subtract({ days: day.dayOfWeek - 1 })
      return localWindow(per, weekOf(day), timeZone, monday, monday.add({ weeks: 1 }))
    }
    case 'month': {
      const first = now.toZonedDateTimeISO(timeZone).toPlainDate().with({ day: 1 })
      return localWindow(per, first.toPlainYearMonth().toString(), timeZone, first, first.add({ months: 1 }))
    }
  }
}

/** The label of the ISO week of a day. */
export function weekOf ({ weekOfYear = 0, yearOfWeek }: Temporal.PlainDate): string { return `${yearOfWeek}-W${String(weekOfYear).padStart(2, '0')}` }

function fixedWindow (per: Period, lengthMs: number, nowMs: number): Window {
  const startsAtMs = Math.floor(nowMs / lengthMs) * lengthMs
  const iso = new Date(startsAtMs).toISOString()
  return { per, label: `${iso.slice(0, per === 'hour' ? 13 : 16)}Z`, startsAtMs, endsAtMs: startsAtMs + lengthMs }
}

function localWindow (per: Period, label: string, timeZone: string, first: Temporal.PlainDate, next: Temporal.PlainDate): Window {
  return { per, label, startsAtMs: startOf(first, timeZone), endsAtMs: startOf(next, timeZone) }
}

/** The first moment of a local day, which is not midnight where the clocks change at midnight. */
function startOf (day: Temporal.PlainDate, timeZone: string): number {
  return day.toZonedDateTime({ timeZone }).epochMilliseconds
}

/** The largest offsets that time zones have, west and east of Greenwich. */
const WEST_MS = 12 * 3_600_000
const EAST_MS = 14 * 3_600_000

/** Where a window lies of which only the label is known: it does not begin before `fromMs`, nor end before `overMs`, nor end after `toMs`. The last two are null if it never ends. */
export type Bounds = { fromMs: number, overMs: number | null, toMs: number | null }

/** Between which moments a window of this label lies, whatever its time zone. */
export function boundsOf ({ per, label }: Pick<Window, 'label'> & { per: QuotaPeriod }): Bounds {
  switch (per) {
    case 'total': return { fromMs: 0, overMs: null, toMs: null }
    case 'hour': {
      const fromMs = Date.parse(`${label.slice(0, -1)}:00Z`)
      const toMs = fromMs + 3_600_000
      return { fromMs, overMs: toMs, toMs }
    }
    case 'day': return anywhere(Temporal.PlainDate.from(label), { days: 1 })
    case 'week': return anywhere(mondayOf(label), { weeks: 1 })
    case 'month': return anywhere(Temporal.PlainYearMonth.from(label).toPlainDate({ day: 1 }), { months: 1 })
  }
}

function anywhere (first: Temporal.PlainDate, length: Temporal.DurationLike): Bounds {
  const endsAtMs = startOf(first.add(length), 'UTC')
  return { fromMs: startOf(first, 'UTC') - EAST_MS, overMs: endsAtMs - EAST_MS, toMs: endsAtMs + WEST_MS }
}

/** The first day of a week of ISO 8601: the fourth of January is always in the first one. */
function mondayOf (label: string): Temporal.PlainDate {
  const [year, week] = label.split('-W').map(Number)
  const fourth = Temporal.PlainDate.from({ year: year ?? 0, month: 1, day: 4 })
  return fourth.subtract({ days: fourth.dayOfWeek - 1 }).add({ weeks: (week ?? 1) - 1 })
}
