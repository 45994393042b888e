// What people write behind options.
import { InvalidArgumentError } from 'commander'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A whole number from 1. */
export function count (text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.')
  return number
}

/** A whole number from 0. */
export function wholeNumber (text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** `90`, `90s`, `15m`, `24h`, `7d` in seconds. */
export function seconds (text: string): number {
  const [, figure = '', unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? []
  const factor = SECONDS[unit]
  if (figure === '' || factor === undefined) throw new InvalidArgumentError('It must be seconds, or a time such as 15m, 24h or 7d.')
  return Number(figure) * factor
}

export const NEVER = 'never'

/** A time as in RFC 3339, or `never`. */
export function momentOrNever (text: string): string {
  if (text === NEVER) return NEVER
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i.test(text) && !Number.isNaN(Date.parse(text))) return text
  throw new InvalidArgumentError('It must be a time such as 2026-12-31T23:59:59Z, or never.')
}

/** Every time that the option is given adds a value. */
export function collect<Value> (read: (text: string) => Value): (text: string, before: Value[] | undefined) => Value[] {
  return (text, before = []) => [...before, read(text)]
}
