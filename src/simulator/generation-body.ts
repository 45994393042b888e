// Checks the body of a create by the rules on the provider's page, and complains in the provider's words.

import { parseJsonObject } from './json-object.ts'
import { DEFAULT_SIZE, SIZES, sizeOf, type Size } from './sizes.ts'

export type GenerationBody =
  | { kind: 'valid', prompt: string, size: Size }
  | { kind: 'invalid', detail: string }

type Check = (value: unknown) => string | undefined // what is wrong with the value, if anything is

const CHECKS: Record<string, Check> = {
  prompt: textOf(800),
  negative_prompt: textOf(500),
  size: oneOf(SIZES),
  duration: oneOf([5]),
  prompt_extend: trueOrFalse,
  seed: integerBetween(0, 2_147_483_647),
  safety_filter: trueOrFalse
}

/** What the body asks for, or the first thing that is wrong with it. Fields that the page does not name are ignored. */
export function readGenerationBody (text: string): GenerationBody {
  const body = parseJsonObject(text)
  if (body === undefined) return { kind: 'invalid', detail: 'Invalid parameters: the body expected to be a JSON object' }

  for (const [field, check] of Object.entries(CHECKS)) {
    const complaint = body[field] === undefined ? undefined : check(body[field])
    if (complaint !== undefined) return { kind: 'invalid', detail: `Invalid parameters: '${field}' ${complaint}` }
  }
  if (typeof body.prompt !== 'string') return { kind: 'invalid', detail: "Invalid parameters: 'prompt' expected to be provided, got None" }
  return { kind: 'valid', prompt: body.prompt, size: sizeOf(body.size) ?? DEFAULT_SIZE }
}

// Lengths count characters, not UTF-16 units: an emoji is one, as a Chinese character is.
function textOf (lengthMax: number): Check {
  return value => {
    if (typeof value !== 'string') return `expected to be a string, got ${inPython(value)}`
    const length = Array.from(value).length
    return length > lengthMax ? `expected to have at most ${lengthMax} characters, got ${length}` : undefined
  }
}

function oneOf (options: readonly unknown[]): Check {
  return value => options.includes(value) ? undefined : `expected to be one of ${options.map(inPython).join(', ')}, got ${inPython(value)}`
}

function integerBetween (min: number, max: number): Check {
  return value => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return `expected to be an integer, got ${inPython(value)}`
    return value < min || value > max ? `expected to be between ${min} and ${max}, got ${value}` : undefined
  }
}

function trueOrFalse (value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : `expected to be a boolean, got ${inPython(value)}`
}

// The provider's messages print values as Python does: None, True, 'text'.
function inPython (value: unknown): string {
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string') return `'${value.slice(0, 60)}'`
  return JSON.stringify(value).slice(0, 60)
}
