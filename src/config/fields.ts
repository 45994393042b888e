// What a variable's text may be: numbers with bounds, yes or no, one word of several, an origin. Every refusal gives an example.
import { z } from 'zod'

/** A whole number in bounds, or unset. */
export function wholeOrNone (min: number, max: number, example: number) {
  const error = `must be a whole number from ${min} to ${max}, for example ${example}`
  return z.string().regex(/^\d{1,12}$/, { error }).transform(Number)
    .pipe(z.int({ error }).min(min, { error }).max(max, { error })).optional()
}

/** A whole number in bounds. */
export function whole (min: number, max: number, byDefault: number) { return wholeOrNone(min, max, byDefault).default(byDefault) }

/** A part of the whole, 0 to 1. */
export function part (byDefault: number) {
  const error = 'must be a number from 0 to 1, for example 0.1'
  return z.string().regex(/^\d*\.?\d+$/, { error }).transform(Number).pipe(z.number({ error }).min(0, { error }).max(1, { error })).default(byDefault)
}

/** `true` or `false`. */
export function yesOrNo (byDefault: boolean) {
  return z.enum(['true', 'false'], { error: `must be true or false, for example ${byDefault}` }).transform(text => text === 'true').default(byDefault)
}

/** One word of several. */
export function oneOf<const Words extends readonly [string, ...string[]]> (words: Words, byDefault: NoInfer<Words[number]>) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}, for example ${byDefault}` }).default(byDefault)
}

/** An http or https URL that names a server and nothing on it. */
export function origin (example: string) {
  const error = `must be an http or https URL without a path, for example ${example}`
  return z.url({ protocol: /^https?$/, error }).transform(text => new URL(text))
    .refine(url => url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '', { error })
}
