// What a create costs the gateway, and Redis, beside what it costs others.
import type { ContenderName } from './contenders.ts'
import { inTurn, medianOf, sumOf, type Part } from './figures.ts'
import { failuresOf, type Stage } from './stage.ts'

const NAMES: readonly ContenderName[] = ['bare', 'fastify-http-proxy', 'nginx', 'portkey', 'mulegate embedded', 'mulegate redis']
const ROUNDS = 5
const ROUND_S = 2

export async function measureCreates (stage: Stage): Promise<Part> {
  const contenders = await stage.contenders(NAMES)
  const redis = (await stage.redis()).program
  const taken = await inTurn(contenders, ROUNDS, async ({ program, create }) => {
    const [cpu, redisCpu] = [program.cpuSeconds(), redis.cpuSeconds()]
    const result = await stage.load(create, ROUND_S)
    return { ...result, cpuMicros: (program.cpuSeconds() - cpu) * 1e6 / result.requests, redisMicros: (redis.cpuSeconds() - redisCpu) * 1e6 / result.requests }
  })
  const rows = taken.map(([{ name }, samples]) => ({
    name,
    perSecond: medianOf(samples, sample => sample.perSecond),
    cpuMicros: medianOf(samples, sample => sample.cpuMicros),
    redisMicros: name === 'mulegate redis' ? medianOf(samples, sample => sample.redisMicros) : 0,
    p50Ms: medianOf(samples, sample => sample.p50Ms),
    p99Ms: medianOf(samples, sample => sample.p99Ms),
    failed: sumOf(samples, sample => sample.failed)
  }))
  const microsOf = (wanted: ContenderName): number => rows.find(({ name }) => name === wanted)?.cpuMicros ?? NaN
  return {
    table: {
      title: 'Creates',
      columns: ['', 'a second per core', 'CPU each', '× bare', '× Portkey', 'of Redis each', 'a second here', 'p50', 'p99', 'failed'],
      rows: rows.map(row => [
        row.name, (1e6 / row.cpuMicros).toFixed(0), `${row.cpuMicros.toFixed(0)} µs`, (microsOf('bare') / row.cpuMicros).toFixed(2), (microsOf('portkey') / row.cpuMicros).toFixed(2),
        row.redisMicros === 0 ? '' : `${row.redisMicros.toFixed(0)} µs`, row.perSecond.toFixed(0), `${row.p50Ms.toFixed(1)} ms`, `${row.p99Ms.toFixed(1)} ms`, String(row.failed)
      ]),
      notes: [
        `Medians of ${ROUNDS} rounds of ${ROUND_S} s in turn, 64 connections. "A second per core" is what a whole core would do by the processor time of each; Redis's is on another core.`,
        ...contenders.some(({ name }) => name === 'nginx') ? [] : ['nginx is not installed, and left out.']
      ]
    },
    figures: {
      ...Object.fromEntries(rows.flatMap(({ name, cpuMicros, perSecond }) => [[`create ${name} µs`, cpuMicros], [`create ${name} a second`, perSecond], [`create ${name} × bare`, microsOf('bare') / cpuMicros]])),
      'create mulegate redis × portkey': microsOf('portkey') / microsOf('mulegate redis'),
      'create of Redis µs': rows.find(({ name }) => name === 'mulegate redis')?.redisMicros ?? NaN
    },
    failures: rows.flatMap(({ name, failed }) => failuresOf(`creates of ${name}`, failed))
  }
}
