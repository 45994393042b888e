// One thing that can be asked of the provider: its route, its body, its price tier.
import { fieldErrors, type FieldError } from '../kernel/field-errors.ts'
import { jsonObject } from '../kernel/json-object.ts'
import type { Field, Fields, FieldValue } from './fields.ts'

export type Checked =
  | { kind: 'accepted', given: Fields }
  | { kind: 'rejected', errors: FieldError[] }

/** A model's route, as the catalog describes it. */
export interface Endpoint {
  /** `vendor/model`, the name in policies, price lists and reports */
  model: string
  /** the provider's own path, served under the same name */
  path: string
  /** other names for the same route */
  shortPaths: readonly string[]
  /** names and defaults of the fields, in the order in which they are sent */
  fields: Readonly<Record<string, Field>>
  /** bodies that show callers what can be asked for, by what they show */
  examples: Readonly<Record<string, { value: Readonly<Record<string, unknown>> }>>
  /** Checks a caller's body strictly; the accepted fields are in normal form, defaults not yet filled in. */
  check (body: unknown): Checked
  /** Fills in the defaults, in a fixed order of fields: what is sent, and what is fingerprinted. */
  complete (given: Fields): Fields
  /** Normal form of one field's value, or undefined if the field does not take it. */
  normalValue (name: string, value: unknown): FieldValue | undefined
  /** The rows that a price list may have for the model. */
  tiers: readonly string[]
  /** Which of them a complete body belongs to. */
  tier (body: Fields): string
}

type Definition = Pick<Endpoint, 'model' | 'path' | 'shortPaths' | 'fields' | 'examples' | 'tiers' | 'tier'>

/** Makes an endpoint from the description of its fields. */
export function defineEndpoint (definition: Definition): Endpoint {
  const { fields } = definition
  const shape = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.schema]))
  const schema = jsonObject(shape)

  return {
    ...definition,

    check (body) {
      const parsed = schema.safeParse(body)
      if (!parsed.success) return { kind: 'rejected', errors: fieldErrors(parsed.error, { '': Object.keys(fields) }) }
      return { kind: 'accepted', given: present(parsed.data) }
    },

    complete (given) {
      return present(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, given[name] ?? field.default])))
    },

    normalValue (name, value) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      const parsed = field?.schema.safeParse(value)
      return parsed?.success ? parsed.data : undefined
    }
  }
}

function present (values: Record<string, FieldValue | undefined>): Fields {
  const fields: Fields = {}
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) fields[name] = value
  }
  return fields
}
