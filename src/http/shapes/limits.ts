// Limits and policies as the admin API shows them, in the form in which it reads them.
import { z } from 'zod'
import { QUOTA_PERIODS } from '../../teams/limits.ts'

const per = z.enum(QUOTA_PERIODS).meta({ description: 'calendar windows, in the team\'s time zone; `total` never begins anew' })

/** US dollars. @param description what they are */
export function usdShape (description: string) { return z.string().regex(/^\d{1,10}\.\d{2,6}$/).meta({ description, examples: ['0.50'] }) }

const quotaShape = z.discriminatedUnion('unit', [
  z.strictObject({ per, unit: z.literal('tasks'), limit: z.int().min(0).meta({ description: 'tasks in each window' }) }),
  z.strictObject({ per, unit: z.literal('usd'), limit: usdShape('US dollars in each window') })
])

export const limitsShape = z.strictObject({
  requests_per_minute: z.int().min(0).optional().meta({ description: 'creates that are admitted in a minute' }),
  tasks_in_flight: z.int().min(0).optional().meta({ description: 'unfinished tasks at a time' }),
  quotas: z.array(quotaShape)
}).meta({
  id: 'Limits',
  description: 'What is absent is not limited.',
  examples: [{ requests_per_minute: 120, tasks_in_flight: 4, quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '150.00' }] }]
})

export const policyShape = z.strictObject({
  models: z.array(z.string()).optional().meta({ description: '`vendor/model` names that are permitted' }),
  fields: z.record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()]))).optional().meta({ description: 'permitted values in normal form, by field' })
}).meta({
  id: 'Policy',
  description: 'What is absent is not restricted. What team and key both permit holds.',
  examples: [{ models: ['alibaba/wan2.2-t2v-plus'], fields: { size: ['832*480', '480*832'], safety_filter: [true] } }]
})
