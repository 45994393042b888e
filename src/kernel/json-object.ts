// A JSON object with exactly the named fields.
import { z } from 'zod'

/** `z.strictObject` whose refusal of anything that is no object is written for people. */
export function jsonObject<Shape extends z.ZodRawShape> (shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, { error: issue => issue.code === 'invalid_type' ? 'must be a JSON object' : undefined })
}
