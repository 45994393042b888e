// The one shape of refusals: RFC 9457, and MuleRouter's own error body.
import { z } from 'zod'
import { REFUSALS, type RefusalCode } from '../../flows/refusals.ts'

const codes = Object.keys(REFUSALS).filter((code): code is RefusalCode => code in REFUSALS)

const fieldError = z.strictObject({
  pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) to the field, or to the query parameter; empty for the whole' }),
  detail: z.string().meta({ description: 'what is wrong with it, as a predicate: "must be …"' })
})

export const problemShape = z.strictObject({
  type: z.string().meta({ description: 'URI of the problem type: a registered one, or `urn:mulegate:problem:<code>`', format: 'uri' }),
  title: z.string().meta({ description: 'of the code; MuleRouter\'s own where it said no' }),
  status: z.int().min(400).max(599),
  detail: z.string().meta({ description: 'a whole sentence that helps to correct the call, with the request\'s id at its end; MuleRouter\'s own where it said no' }),
  instance: z.string().meta({ description: 'the path that was called, without its query' }),
  error_code: z.int().meta({ description: 'MuleRouter\'s kind of number' }),
  code: z.enum(codes).meta({ description: 'what machines decide by' }),
  request_id: z.string(),
  errors: z.array(fieldError).min(1).optional().meta({ description: 'of `invalid_body` and `invalid_query`: everything that is wrong at once' }),
  'violated-policies': z.array(z.string()).min(1).optional().meta({ description: 'of 429: the limits that are in the way, by the names of `RateLimit-Policy`; money ends with `-usd`' }),
  task_ref: z.string().optional().meta({ description: 'of `outcome_unknown`: the task that may exist' })
}).meta({ id: 'Problem', description: 'A refusal. Clients of MuleRouter find `title`, `status`, `detail`, `instance` and `error_code` where they look for them.' })

export type Problem = z.input<typeof problemShape>
