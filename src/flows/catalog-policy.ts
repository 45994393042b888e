// A policy against the catalog: models, fields and values must exist, and values are kept in normal form.
import type { Endpoint } from '../catalog/endpoint.ts'
import { pointerTo, unknownField, type FieldError } from '../kernel/field-errors.ts'
import type { Policy, PolicyValue } from '../teams/policy.ts'
import { invalidBody } from './refusals.ts'

/** @returns the policy with its values in normal form @throws Refusal `invalid_body` naming everything that does not exist */
export function policyOfCatalog (catalog: readonly Endpoint[], policy: Policy): Policy {
  const checked = checkPolicy(catalog, policy)
  if (checked.errors.length > 0) throw invalidBody(checked.errors)
  return checked.policy
}

/** The policy with its values in normal form, and everything in it that does not exist; pointers begin with `/policy`. */
export function checkPolicy (catalog: readonly Endpoint[], policy: Policy): { policy: Policy, errors: FieldError[] } {
  const errors: FieldError[] = []
  const models = catalog.map(({ model }) => model)
  for (const [index, model] of (policy.models ?? []).entries()) {
    if (models.includes(model)) continue
    errors.push({ pointer: pointerTo(['policy', 'models', index]), detail: unknownField(model, models) })
  }

  const fields: Record<string, PolicyValue[]> = {}
  const known = [...new Set(catalog.flatMap(endpoint => Object.keys(endpoint.fields)))].filter(name => name !== 'model')
  for (const [name, values] of Object.entries(policy.fields ?? {})) {
    if (!known.includes(name)) {
      errors.push({ pointer: pointerTo(['policy', 'fields', name]), detail: unknownField(name, known) })
      continue
    }
    fields[name] = values.map((value, index) => {
      const normal = catalog.map(endpoint => endpoint.normalValue(name, value)).find(candidate => candidate !== undefined)
      if (normal === undefined) errors.push({ pointer: pointerTo(['policy', 'fields', name, index]), detail: `is not a value that ${name} can have` })
      return normal ?? value
    })
  }

  return { policy: { models: policy.models, fields: policy.fields && fields }, errors }
}
