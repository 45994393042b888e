// Writes times as the provider does: UTC as an offset, and six digits after the second.

/** `2026-09-21T08:23:12.657000+00:00` for a time in milliseconds since the epoch. */
export function timestamp (timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '000+00:00')
}
