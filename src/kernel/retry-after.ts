// How long another server asks to be left alone: the header Retry-After, RFC 9110, 10.2.3.

/** The preferred form of a date, the obsolete one of RFC 850, and that of asctime, which alone does not name its time zone (RFC 9110, 5.6.7). */
const DATES = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/
]

/** Milliseconds from now, 0 for a date that has passed. Undefined if the header is missing or cannot be read. */
export function retryAfterMs (header: string | undefined, nowMs: number): number | undefined {
  if (header !== undefined && /^\d{1,9}$/.test(header)) return Number(header) * 1000
  const dateMs = httpDateMs(header)
  return dateMs === undefined ? undefined : Math.max(0, dateMs - nowMs)
}

/** An HTTP-date in any of its three forms, or undefined if it is none. */
export function httpDateMs (text: string | undefined): number | undefined {
  if (text === undefined || !DATES.some(form => form.test(text))) return undefined
  const ms = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(ms) ? undefined : ms
}
