// How a moment is written outside.

/** RFC 3339 in UTC with milliseconds. */
export function rfc3339 (ms: number): string { return new Date(ms).toISOString() }

/** RFC 3339 in a time zone's own offset, to the second: `2026-11-23T00:00:00+01:00`. */
export function rfc3339In (timeZone: string, ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)
    .toString({ timeZoneName: 'never', smallestUnit: 'second' })
}
