// Settings of teams and keys as people read them, by the names of the options that set them; and what became of them.
import { z } from 'zod'
import { limitsAnswer, policyAnswer } from './answers.ts'
import { printable } from './printable.ts'

/** A setting's name and value. */
export type Words = readonly [name: string, text: string]

const OTHER_NAMES: Readonly<Record<string, string>> = { expires_at: 'expires' }

/** Limits, one a line. */
export function limitsInWords (limits: unknown): Words[] {
  const { requests_per_minute: perMinute, tasks_in_flight: inFlight, quotas } = limitsAnswer.parse(limits ?? {})
  return [
    ...inFlight === undefined ? [] : [['in-flight', String(inFlight)] as const],
    ...perMinute === undefined ? [] : [['requests-per-minute', String(perMinute)] as const],
    ...quotas.map(({ per, unit, limit }) => [`quota ${per}:${unit}`, String(limit)] as const)
  ]
}

/** What is permitted, one field a line. */
export function policyInWords (policy: unknown): Words[] {
  const { models, fields = {} } = policyAnswer.parse(policy ?? {})
  return [
    ...models === undefined ? [] : [['model', models.join(', ') || 'nothing'] as const],
    ...Object.entries(fields).map(([name, values]) => [`field ${name}`, values.join(', ') || 'nothing'] as const)
  ]
}

/** One setting of the admin API in words; a setting that is made of several is several. */
export function settingInWords (name: string, value: unknown): Words[] {
  if (name === 'limits') return limitsInWords(value)
  if (name === 'policy') return policyInWords(value)
  if (value === null || value === undefined) return []
  return [[OTHER_NAMES[name] ?? name, typeof value === 'string' ? value : JSON.stringify(value)]]
}

export const changesAnswer = z.record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown().optional() }))

/** What changed, one a line: `quota day:tasks  20 → 30`; of what is new, only what it is. */
export function changesInWords (changes: z.output<typeof changesAnswer>, isNew: boolean): string[] {
  return Object.entries(changes).flatMap(([name, { before, after }]) => {
    const [was, is] = [new Map(settingInWords(name, before)), new Map(settingInWords(name, after))]
    const names = [...new Set([...was.keys(), ...is.keys()])].filter(part => was.get(part) !== is.get(part))
    return names.map(part => printable(isNew
      ? `${part}  ${is.get(part) || '""'}`
      : `${part}  ${was.get(part) || 'none'} → ${is.get(part) || 'none'}`))
  })
}
