// What the document says of the admin API's word about the ledger.
import { z } from 'zod'
import { ADOPTIONS, adoptionSchema } from '../../flows/adopt-task.ts'
import { isTeamId } from '../../kernel/ids.ts'
import { jsonObject } from '../../kernel/json-object.ts'
import type { Operation } from '../operation.ts'
import { taskShape } from '../shapes/task.ts'
import { repairShape, verificationShape } from '../shapes/verification.ts'

const team = z.string({ error: issue => issue.input === undefined ? 'is required' : 'must be a string' }).refine(isTeamId, { error: 'is no team id' })
export const verifyQuery = z.strictObject({ team })
export const repairSchema = jsonObject({ team })

const adoptedShape = z.strictObject({
  result: z.enum(ADOPTIONS).meta({ description: '`known`: nothing was to be done; `attached`: the task has the id now; `restored`: the task was written anew' }),
  task: taskShape
}).meta({ id: 'AdoptedTask' })

const tag = 'admin: ledger'

export const adminLedger = {
  verify: {
    id: 'verifyLedger',
    tag,
    summary: 'Compare a team\'s sums with its tasks',
    description: 'Counts every window, the unfinished tasks and the daily report of one team again, while work goes on. Windows whose settled tasks may be gone already are compared in what they hold.',
    query: verifyQuery,
    answers: { 200: { description: 'What was compared, and what differs.', schema: verificationShape } }
  },
  repair: {
    id: 'repairLedger',
    tag,
    summary: 'Mend a team\'s sums',
    description: 'Verifies, and adds to every sum what it lacks.',
    body: { schema: repairSchema, examples: { 'a team': { value: { team: 'ads' } } } },
    answers: { 200: { description: 'What was wrong, and is not any more.', schema: repairShape } }
  },
  adopt: {
    id: 'adoptTask',
    tag,
    summary: 'Give the ledger a task that only the log knows',
    description: 'The body has the fields of a log line `task submitted`; `submitted_at` is its `time`.',
    body: {
      schema: adoptionSchema,
      examples: {
        'a line of the log': {
          value: {
            task_ref: 'tsk_27q0aZ3kQ8xW1mN5pR7tV9yB',
            task_id: '8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11',
            team: 'ads',
            key_id: 'key_4fGh7Kq2Lm9Xz1Bc',
            model: 'alibaba/wan2.2-t2v-plus',
            price_usd: '0.50',
            submitted_at: '2026-11-22T12:00:00.000Z'
          }
        }
      }
    },
    answers: { 200: { description: 'The ledger knows the task.', schema: adoptedShape } },
    refusals: ['not_found', 'already_decided', 'no_longer_kept']
  },
  confirm: {
    id: 'confirmLedger',
    tag,
    summary: 'Accept a ledger that has lost data',
    description: 'After Redis has lost what it acknowledged nothing is started until an operator confirms what is left.',
    answers: { 204: { description: 'Creates are admitted again.' } }
  }
} as const satisfies Record<string, Operation>
