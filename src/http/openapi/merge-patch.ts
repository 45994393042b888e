// A body that names only what it changes (RFC 7396), as a schema: every setting may be absent or null, in nested objects too.
import { z } from 'zod'
import { createSchema, type oas31 } from 'zod-openapi'
import { withoutNoise } from './without-noise.ts'

type Schema = oas31.SchemaObject | oas31.ReferenceObject

/** @param settings the schema of what results */
export function mergePatchOf (settings: z.ZodType): z.ZodType {
  return z.unknown().meta({ override: partial(createSchema(settings, { io: 'input', opts: { override: withoutNoise } }).schema) satisfies object })
}

/** What is absent in a patch stays as it is, so that no default is one. */
function partial (schema: Schema): Schema {
  if ('$ref' in schema) return schema
  const { default: noDefault, required, properties, additionalProperties, ...rest } = schema
  if (properties !== undefined) return { ...rest, properties: mapValues(properties, orNull), additionalProperties: false }
  return typeof additionalProperties === 'object' ? { ...rest, additionalProperties: orNull(additionalProperties) } : rest
}

function orNull (schema: Schema): Schema { return { anyOf: [partial(schema), { type: 'null' }] } }

function mapValues (schemas: Record<string, Schema>, map: (schema: Schema) => Schema): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, map(schema)]))
}
