// What a check of the gateway found, as it is shown.
import { z } from 'zod'
import { CHECKS, type Finding } from '../../flows/check-gateway.ts'

export const checkShape = z.strictObject({
  ok: z.boolean().meta({ description: 'whether all of them are' }),
  checks: z.array(z.strictObject({ name: z.enum(CHECKS), ok: z.boolean(), detail: z.string().meta({ description: 'a sentence' }) }))
}).meta({
  id: 'GatewayCheck',
  examples: [{ ok: true, checks: [{ name: 'upstream', ok: true, detail: 'token 4be1c0d2 is accepted.' }, { name: 'ledger', ok: true, detail: 'It answers within 1 ms, and has lost nothing.' }] }]
})

export function checkJson (checks: Finding[]): z.input<typeof checkShape> { return { ok: checks.every(({ ok }) => ok), checks } }
