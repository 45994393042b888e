// What zod writes into a schema and no reader needs.
import type { ZodOpenApiOverride } from 'zod-openapi'

/** A page of pattern beside the format of a moment, and the largest integer that there is beside every other one. */
export const withoutNoise: ZodOpenApiOverride = ({ jsonSchema }) => {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
}
