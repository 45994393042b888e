// What a create would be answered, as it is shown.
import { z } from 'zod'
import type { DryRun } from '../../flows/dry-run.ts'
import { formatUsd } from '../../kernel/money.ts'
import { usdShape } from './limits.ts'

export const dryRunShape = z.strictObject({
  dry_run: z.literal(true),
  body: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).meta({ description: 'what would be sent to MuleRouter: the body in normal form, with its defaults' }),
  price_usd: usdShape('what the task would cost'),
  admitted: z.literal(true)
}).meta({
  id: 'DryRun',
  examples: [{ dry_run: true, body: { prompt: 'A small cat running in the moonlight', size: '832*480', duration: 5, prompt_extend: true }, price_usd: '0.10', admitted: true }]
})

export function dryRunJson ({ prepared: { body, priceMicros } }: DryRun): z.input<typeof dryRunShape> {
  return { dry_run: true, body, price_usd: formatUsd(priceMicros), admitted: true }
}
