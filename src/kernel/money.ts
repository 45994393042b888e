// Money is whole micro-dollars inside and a decimal string outside.

const USD = /^(0|[1-9]\d{0,8})(?:\.(\d{1,6}))?$/

/**
 * Reads a decimal string such as `"150"`, `"0.50"` or `"0.000001"`.
 * @returns micro-dollars, or undefined if the text is not an amount of at most nine digits before the point and six behind it
 */
export function parseUsd (text: string): number | undefined {
  const match = USD.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'))
}

/** Writes micro-dollars as a decimal string with at least two digits behind the point. */
export function formatUsd (micros: number): string {
  const magnitude = Math.abs(micros)
  const whole = Math.floor(magnitude / 1_000_000)
  const fraction = String(magnitude % 1_000_000).padStart(6, '0').replace(/0{1,4}$/, '')
  return `${micros < 0 ? '-' : ''}${whole}.${fraction}`
}
