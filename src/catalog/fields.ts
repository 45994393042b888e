// The kinds of fields that creates are made of: what is accepted, and the one form in which it goes on.
import { z } from 'zod'

export type FieldValue = string | number | boolean

/** The fields of a body in normal form, by name. */
export type Fields = Record<string, FieldValue>

/** Accepts a caller's value and turns it into its normal form; undefined stands for a field that is absent. */
export type FieldSchema = z.ZodType<FieldValue | undefined>

/** One field of an endpoint. */
export type Field = {
  schema: FieldSchema
  /** for callers: what it is for */
  description: string
  /** sent when the caller gives none */
  default?: FieldValue
  /** what the provider assumes when nothing is sent; policies are checked against it */
  assumed?: FieldValue
}

/** A text of 1 to `charactersMax` Unicode code points after trimming. */
export function requiredText (charactersMax: number): FieldSchema {
  return text(charactersMax)
    .refine(value => value !== '', { error: `must have 1 to ${charactersMax} characters, not only white space`, abort: true })
    .meta({ override: { pattern: '\\S' } })
}

/** A text of at most `charactersMax` code points; an empty one and null mean that the field is absent. */
export function optionalText (charactersMax: number): FieldSchema {
  return z.preprocess(
    value => value === null ? undefined : value,
    text(charactersMax).transform(value => value === '' ? undefined : value).optional()
  ).meta({ override: { type: ['string', 'null'] } })
}

export function flag (): FieldSchema {
  return z.boolean({ error: 'must be true or false' }).optional()
}

/** An integer, or the same as a string of digits. */
export function wholeNumber (min: number, max: number): FieldSchema {
  const error = `must be a whole number from ${min} to ${max}`
  const inRange = z.int({ error, abort: true }).min(min, { error }).max(max, { error })
  return z.union([inRange, z.string().regex(/^\d{1,30}$/, { error }).transform(Number).pipe(inRange)], { error }).transform(value => value + 0).optional()
}

/** The one number that there is, or the same as a string. */
export function fixedNumber (only: number, unit: string): FieldSchema {
  return z.literal([only, String(only)], { error: `must be ${only}: this model makes ${only} ${unit}, nothing else` })
    .transform(() => only).optional()
}

/** The name of the model that the URL names already; it is not sent on. */
export function sameModel (names: readonly string[]): FieldSchema {
  return z.literal([...names], { error: `must be ${names[0]} or absent: the URL names the model` })
    .transform(() => undefined).optional()
}

/** A size that the model can make, with what people call its shape. */
export type Size = { size: string, ratio: string, tier: string }

/** `W*H` from a list; `x`, `X` and `×` and spaces are understood, another size is never put in its place. */
export function sizeOf (sizes: readonly Size[]): FieldSchema {
  return z.string({ error: `must be one of ${list(sizes)}` }).transform((value, context) => {
    const [, width = '', height = ''] = /^\s*([1-9]\d{0,8})\s*[*xX×]\s*([1-9]\d{0,8})\s*$/.exec(value) ?? []
    const size = `${width}*${height}`
    if (sizes.some(known => known.size === size)) return size
    context.addIssue({ code: 'custom', message: refusalOfSize(Number(width), Number(height), sizes) })
    return z.NEVER
  }).optional().meta({ override: { pattern: patternOf(sizes), examples: sizes.map(({ size }) => size) } })
}

/** What is understood, as a regular expression for those who cannot ask. */
function patternOf (sizes: readonly Size[]): string {
  return `^\\s*(${sizes.map(({ size }) => size.replace('*', '\\s*[*xX×]\\s*')).join('|')})\\s*$`
}

function refusalOfSize (width: number, height: number, sizes: readonly Size[]): string {
  if (!(width > 0 && height > 0)) return `must be one of ${list(sizes)}`
  const away = (known: Size): number => Math.abs(Math.log(ratioOf(known.ratio) / (width / height)))
  const ratio = sizes.reduce((best, known) => away(known) < away(best) ? known : best).ratio
  const sameShape = sizes.filter(known => known.ratio === ratio)
  return `cannot be ${width}*${height}: this model does not make it; its ${ratio} sizes are ${list(sameShape)}`
}

function ratioOf (ratio: string): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number)
  return width / height
}

function list (sizes: readonly Size[]): string { return sizes.map(known => known.size).join(', ') }

function text (charactersMax: number) {
  return z.string({ error: issue => issue.input === undefined ? 'is required' : `must be a string of at most ${charactersMax} characters` })
    .trim()
    .refine(value => !longerThan(charactersMax, value), { error: `must have at most ${charactersMax} characters after trimming`, abort: true })
    .refine(value => value.isWellFormed(), { error: 'holds half of a surrogate pair, which is not a character', abort: true })
}

/** Counts code points, as the provider does, and only when UTF-16 units leave a doubt. */
function longerThan (charactersMax: number, value: string): boolean {
  if (value.length <= charactersMax) return false
  if (value.length > 2 * charactersMax) return true
  return Array.from(value).length > charactersMax
}
