// What the gateway adds to the time of a create at a steady rate, beside what a bare proxy adds.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createAt, type ContenderName } from './contenders.ts'
import { inTurn, medianOf, sumOf, type Part } from './figures.ts'
import type { Request } from './load.ts'
import { CORES, pinned } from './processes.ts'
import { failuresOf, type Stage } from './stage.ts'

const NAMES: readonly ContenderName[] = ['bare', 'mulegate embedded', 'mulegate redis']
const RATES = [{ perSecond: 200, seconds: 3 }, { perSecond: 1000, seconds: 2 }]
const ROUNDS = 3
const PROGRAM = fileURLToPath(new URL('steady-load.ts', import.meta.url))

const resultSchema = z.object({ p50Ms: z.number(), p99Ms: z.number(), requests: z.number(), failed: z.number() })

export async function measureLatency (stage: Stage): Promise<Part> {
  const contenders = await stage.contenders(NAMES)
  const targets = [{ name: 'direct', create: createAt((await stage.upstream()).port) }, ...contenders]
  const rows: string[][] = []
  const figures: Record<string, number> = {}
  const failures: string[] = []
  for (const rate of RATES) {
    const { perSecond } = rate
    const taken = await inTurn(targets, ROUNDS, ({ create }) => steady(stage, create, rate))
    const found = taken.map(([{ name }, samples]) => {
      failures.push(...failuresOf(`${name} at ${perSecond} a second`, sumOf(samples, ({ failed }) => failed)))
      return { name, p50Ms: medianOf(samples, ({ p50Ms }) => p50Ms), p99Ms: medianOf(samples, ({ p99Ms }) => p99Ms) }
    })
    const [direct, bare] = found
    for (const { name, p50Ms, p99Ms } of found) {
      const added = p50Ms - (direct?.p50Ms ?? NaN)
      const timesBare = added / ((bare?.p50Ms ?? NaN) - (direct?.p50Ms ?? NaN))
      figures[`latency ${name} at ${perSecond} p50 ms`] = p50Ms
      figures[`latency ${name} at ${perSecond} p99 ms`] = p99Ms
      if (name !== 'direct') figures[`latency added ${name} at ${perSecond} × bare`] = timesBare
      rows.push([`${perSecond}`, name, `${p50Ms.toFixed(2)} ms`, `${p99Ms.toFixed(2)} ms`, name === 'direct' ? '' : `${added.toFixed(2)} ms`, name === 'direct' ? '' : timesBare.toFixed(2)])
    }
  }
  return {
    table: {
      title: 'Latency at a steady rate',
      columns: ['a second', '', 'p50', 'p99', 'added, p50', '× what bare adds'],
      rows,
      notes: [`Arrivals at fixed times, whatever the answers take; medians of ${ROUNDS} rounds of 2 or 3 s in turn. The load, the upstream double and Redis share a core.`]
    },
    figures,
    failures
  }
}

async function steady ({ folder }: Stage, request: Request, rate: { perSecond: number, seconds: number }): Promise<z.infer<typeof resultSchema>> {
  const settings = join(folder, 'steady-load.json')
  writeFileSync(settings, JSON.stringify({ ...request, ...rate }))
  const [program, ...rest] = pinned(CORES.load, [process.execPath, PROGRAM, settings])
  return resultSchema.parse(JSON.parse((await promisify(execFile)(program, rest)).stdout))
}
