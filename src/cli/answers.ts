// What the gateway answers, as far as it is shown; members beyond it are kept for `--json`.
import { z } from 'zod'

const quota = z.looseObject({ per: z.string(), unit: z.string(), limit: z.union([z.string(), z.number()]) })

export const limitsAnswer = z.looseObject({
  requests_per_minute: z.number().optional(),
  tasks_in_flight: z.number().optional(),
  quotas: z.array(quota).default([])
})

export const policyAnswer = z.looseObject({
  models: z.array(z.string()).optional(),
  fields: z.record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()]))).optional()
})

export const teamAnswer = z.looseObject({
  id: z.string(), name: z.string(), timezone: z.string(), limits: limitsAnswer, policy: policyAnswer, disabled: z.boolean(), created_at: z.string(), updated_at: z.string()
})

export const keyAnswer = z.looseObject({
  id: z.string(),
  team: z.string(),
  lineage: z.string().optional(),
  mode: z.string(),
  label: z.string(),
  expires_at: z.string().nullable(),
  replaced_by: z.string().nullable().optional(),
  revoked_at: z.string().nullable(),
  webhooks: z.boolean(),
  limits: limitsAnswer,
  policy: policyAnswer,
  created_at: z.string()
})

/** A key that was made now: the only answer in which the key itself stands. */
export const mintedAnswer = keyAnswer.extend({ key: z.string() })

export const rotatedAnswer = mintedAnswer.extend({ replaces: z.looseObject({ id: z.string(), expires_at: z.string().nullable() }) })

export const taskAnswer = z.looseObject({
  task_ref: z.string(),
  task_id: z.string().nullable(),
  model: z.string(),
  mode: z.string().optional(),
  status: z.string(),
  money: z.string(),
  price_usd: z.string(),
  team: z.string(),
  key_id: z.string(),
  created_at: z.string(),
  updated_at: z.string()
})

export type Team = z.output<typeof teamAnswer>
export type Key = z.output<typeof keyAnswer>
export type Task = z.output<typeof taskAnswer>
export type Limits = z.output<typeof limitsAnswer>
