// What a team or a key may ask for, and the decision about one request.
import { z } from 'zod'
import { jsonObject } from '../kernel/json-object.ts'

export type PolicyValue = string | number | boolean

/** What is absent is not restricted. */
export type Policy = {
  /** `vendor/model` names */
  models?: string[] | undefined
  /** permitted values in normal form, by field */
  fields?: Record<string, PolicyValue[]> | undefined
}

const value = z.union([z.string(), z.number(), z.boolean()], { error: 'must be a string, a number or a boolean' })

/** A policy's form; whether its models and fields exist is checked against the catalog. */
export const policySchema = jsonObject({
  models: z.array(z.string({ error: 'must be a vendor/model name' }), { error: 'must be a list of vendor/model names' }).optional().meta({ description: '`vendor/model` names that are permitted' }),
  fields: z.record(z.string(), z.array(value, { error: 'must be a list of permitted values' }), { error: 'must be an object of lists' }).optional()
    .meta({ description: 'permitted values by field; they are kept in normal form' })
})

/** A request as far as policies see it. */
export type PolicyRequest = {
  model: string
  /** the fields that the model has; rules about others do not concern it */
  fields: readonly string[]
  /** the fields that the caller gave, in normal form */
  given: Record<string, PolicyValue>
  /** what holds for a field that the caller did not give */
  defaults: Record<string, PolicyValue>
}

export type PolicyDecision =
  /** the given fields, and those that the policy itself decides */
  | { kind: 'permitted', given: Record<string, PolicyValue> }
  /** a sentence that names the rule */
  | { kind: 'forbidden', rule: string }

/** Decides a request by what all the policies permit together. */
export function applyPolicies (policies: readonly Policy[], request: PolicyRequest): PolicyDecision {
  for (const { models } of policies) {
    if (models !== undefined && !models.includes(request.model)) return { kind: 'forbidden', rule: `the policy permits the models ${names(models)}, not ${request.model}` }
  }
  const given = { ...request.given }
  for (const field of request.fields) {
    const permitted = permittedValues(policies, field)
    if (permitted === undefined) continue
    const wanted = given[field]
    if (wanted !== undefined) {
      if (permitted.includes(wanted)) continue
      return { kind: 'forbidden', rule: `the policy permits ${field} to be ${names(permitted)}, not ${String(wanted)}` }
    }
    const [only, ...more] = permitted
    if (only !== undefined && more.length === 0) {
      given[field] = only
      continue
    }
    const byDefault = request.defaults[field]
    if (byDefault !== undefined && permitted.includes(byDefault)) continue
    return { kind: 'forbidden', rule: `the policy permits ${field} to be ${names(permitted)}, and the request gives none` }
  }
  return { kind: 'permitted', given }
}

/** The values that every policy permits which speaks of the field, or undefined if none does. */
function permittedValues (policies: readonly Policy[], field: string): PolicyValue[] | undefined {
  const lists = policies.map(({ fields }) => fields?.[field]).filter(list => list !== undefined)
  const [first, ...others] = lists
  return first && [...new Set(first)].filter(permitted => others.every(list => list.includes(permitted)))
}

function names (values: readonly PolicyValue[]): string { return values.length === 0 ? 'nothing' : values.join(', ') }
