// What is wrong with a body, field by field, in words that help to correct it.
import type { z } from 'zod'
import { nearest } from './nearest.ts'

/** One wrong field: a pointer (RFC 6901) and a predicate such as "must be …" or "is required". */
export type FieldError = { pointer: string, detail: string }

/** Names of the fields that exist, by the name of the object that holds them; `''` is the body itself. */
export type KnownFields = Readonly<Record<string, readonly string[]>>

/** So many unknown fields of one object are named; how many more there are is said. */
const UNKNOWN_NAMED_MAX = 20

/** Turns zod's findings into field errors; unknown fields are named with the nearest one that exists. */
export function fieldErrors (error: z.ZodError, known: KnownFields): FieldError[] {
  return error.issues.flatMap(({ path, message, ...issue }) => {
    if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerTo(path), detail: message }]
    const holder = path.findLast(part => typeof part === 'string') ?? ''
    const named = issue.keys.slice(0, UNKNOWN_NAMED_MAX).map(key => ({ pointer: pointerTo([...path, key]), detail: unknownField(key, known[String(holder)] ?? []) }))
    const unnamed = issue.keys.length - named.length
    return unnamed === 0 ? named : [...named, { pointer: pointerTo(path), detail: `has ${unnamed} more unknown fields` }]
  })
}

/** The predicate for a field that does not exist, or not here: of a union, `known` are the fields of all branches. */
export function unknownField (name: string, known: readonly string[]): string {
  if (known.includes(name)) return 'does not go with the other fields'
  const meant = nearest(name, known)
  return meant === undefined ? `is unknown (there are ${known.join(', ')})` : `is unknown (did you mean ${meant}?)`
}

/** A JSON pointer to a place in a body. */
export function pointerTo (path: readonly PropertyKey[]): string {
  return path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
