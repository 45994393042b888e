// Query strings: what is wrong with one is said as clearly as with a body.
import { z } from 'zod'
import { refusal } from '../flows/refusals.ts'
import { fieldErrors } from '../kernel/field-errors.ts'
import { TASK_STATES } from '../ledger/task.ts'

const wholeNumber = 'must be a whole number from 1 to 100'
const limit = z.string({ error: wholeNumber }).regex(/^\d{1,3}$/, { error: wholeNumber }).transform(Number)
  .pipe(z.int().min(1, { error: 'must be at least 1' }).max(100, { error: 'must be at most 100' })).default(20)
  .meta({ description: 'how many at most', override: { type: 'integer', minimum: 1, maximum: 100, default: 20 } })

const noCursor = 'is none that this list gave out'

/** The parameters of every list. */
export const pageParameters = {
  limit,
  cursor: z.string({ error: noCursor }).min(1, { error: noCursor }).max(200, { error: noCursor }).optional()
    .transform(text => text ?? null).meta({ description: 'the `next_cursor` of the page before' })
}

/** The parameters of every list of tasks. */
export const listParameters = {
  status: z.enum(TASK_STATES, { error: `must be one of ${TASK_STATES.join(', ')}` }).optional(),
  model: z.string({ error: 'must be given once' }).max(200, { error: 'must have at most 200 characters' }).optional(),
  ...pageParameters
}

/** Reads a query by its strict schema. @throws Refusal `invalid_query` that names every wrong or unknown parameter */
export function readQuery<Schema extends z.ZodObject> (schema: Schema, query: unknown): z.output<Schema> {
  const parsed = schema.safeParse(query)
  if (parsed.success) return parsed.data
  const errors = fieldErrors(parsed.error, { '': Object.keys(schema.shape) })
  throw refusal('invalid_query', `The query is not valid: ${errors.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`).join('; ')}.`, { errors })
}
