// What the gateway is meant to reach, and whether it does.
import type { Figures, Table } from './figures.ts'

type Target = {
  name: string
  /** of several, the worst counts */
  figures: readonly string[]
  /** what must be reached, and what is aimed at; the smaller of the two decides whether less or more is better */
  must: number
  aim: number
  digits?: number
  unit?: string
}

export const TARGETS: readonly Target[] = [
  { name: 'creates a second per core, Redis, × bare', figures: ['create mulegate redis × bare'], must: 0.45, aim: 0.60 },
  { name: 'creates a second per core, Redis, × Portkey', figures: ['create mulegate redis × portkey'], must: 5, aim: 7 },
  { name: 'creates a second per core, embedded, × bare', figures: ['create mulegate embedded × bare'], must: 0.50, aim: 0.65 },
  { name: 'status reads a second per core, embedded, × bare', figures: ['read mulegate embedded × bare'], must: 0.90, aim: 1.10 },
  { name: 'status reads a second per core, Redis, × bare', figures: ['read mulegate redis × bare'], must: 0.90, aim: 1.10 },
  { name: 'latency added at 200 a second, embedded, × what bare adds', figures: ['latency added mulegate embedded at 200 × bare'], must: 2, aim: 1.5 },
  { name: 'latency added at 200 a second, Redis, × what bare adds', figures: ['latency added mulegate redis at 200 × bare'], must: 2, aim: 1.5 },
  { name: 'creates on a full ledger, × on an empty one, the worse of both', figures: ['full ledger embedded × empty', 'full ledger redis × empty'], must: 0.90, aim: 0.95 },
  { name: 'resident memory of an open wait, of 10,000', figures: ['waiter resident B'], must: 20_000, aim: 10_000, digits: 0, unit: 'B' },
  { name: 'resident memory of an event stream, of 10,000', figures: ['event stream resident B'], must: 20_000, aim: 10_000, digits: 0, unit: 'B' },
  { name: 'memory of a settled task in Redis', figures: ['redis memory of a settled task B'], must: 1200, aim: 800, digits: 0, unit: 'B' },
  { name: 'two processes × one, by processor time', figures: ['two processes × one by CPU'], must: 1.6, aim: 1.9 }
]

/** @param all whether those that were not measured are spoken of, too */
export function targetTable (figures: Figures, { all }: { all: boolean }): Table {
  const rows = TARGETS.flatMap(({ name, figures: wanted, must, aim, digits = 2, unit = '' }) => {
    const measured = wanted.flatMap(figure => figures[figure] ?? [])
    const shown = (figure: number): string => `${figure.toFixed(digits)} ${unit}`.trim()
    const moreIsBetter = aim > must
    const goals = [`${moreIsBetter ? '≥' : '≤'} ${shown(must)}`, shown(aim)]
    if (measured.length < wanted.length) return all ? [[name, '', ...goals, 'not measured']] : []
    const worst = moreIsBetter ? Math.min(...measured) : Math.max(...measured)
    const reaches = (goal: number): boolean => moreIsBetter ? worst >= goal : worst <= goal
    const verdict = reaches(aim) ? 'met, and its aim' : reaches(must) ? 'met' : 'missed'
    return [[name, shown(worst), ...goals, verdict]]
  })
  return { title: 'Targets', columns: ['', 'measured', 'must', 'aim', 'verdict'], rows, notes: [] }
}
