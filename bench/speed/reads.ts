// What a read of a task costs when the ledger knows the answer, beside a bare proxy that forwards it.
import { setTimeout as pause } from 'node:timers/promises'
import { makeTasks, readTasks } from './callers.ts'
import { readsOf, type Contender, type ContenderName } from './contenders.ts'
import { inTurn, medianOf, sumOf, type Part } from './figures.ts'
import { failuresOf, type Stage } from './stage.ts'

const NAMES: readonly ContenderName[] = ['bare', 'mulegate embedded', 'mulegate redis']
/** Different ones, read in turn. */
const TASKS = 2000
const ROUNDS = 4
const ROUND_S = 2
const WARM_UP_S = 6
/** A little longer than a status is believed. */
const STALE_MS = 3200

export async function measureReads (stage: Stage): Promise<Part> {
  const contenders = await stage.contenders(NAMES)
  const redis = (await stage.redis()).program
  const readers = []
  for (const contender of contenders) readers.push({ contender, request: readsOf(contender, await settledTasks(contender)) })
  for (const { request } of readers) await stage.load(request, WARM_UP_S)
  const taken = await inTurn(readers, ROUNDS, async ({ contender: { program }, request }) => {
    const [cpu, redisCpu] = [program.cpuSeconds(), redis.cpuSeconds()]
    const result = await stage.load(request, ROUND_S)
    return { ...result, cpuMicros: (program.cpuSeconds() - cpu) * 1e6 / result.requests, redisMicros: (redis.cpuSeconds() - redisCpu) * 1e6 / result.requests }
  })
  const rows = taken.map(([{ contender: { name } }, samples]) => ({
    name,
    cpuMicros: medianOf(samples, sample => sample.cpuMicros),
    redisMicros: name === 'mulegate redis' ? medianOf(samples, sample => sample.redisMicros) : 0,
    perSecond: medianOf(samples, sample => sample.perSecond),
    failed: sumOf(samples, sample => sample.failed)
  }))
  const bareMicros = rows.find(({ name }) => name === 'bare')?.cpuMicros ?? NaN
  return {
    table: {
      title: 'Status reads that the ledger answers',
      columns: ['', 'a second per core', 'CPU each', '× bare', 'of Redis each', 'a second here', 'failed'],
      rows: rows.map(({ name, cpuMicros, redisMicros, perSecond, failed }) => [
        name, (1e6 / cpuMicros).toFixed(0), `${cpuMicros.toFixed(0)} µs`, (bareMicros / cpuMicros).toFixed(2), redisMicros === 0 ? '' : `${redisMicros.toFixed(0)} µs`, perSecond.toFixed(0), String(failed)
      ]),
      notes: [`${TASKS} different tasks that have completed, read in turn; the bare proxy forwards the same GET to the upstream double. Medians of ${ROUNDS} rounds of ${ROUND_S} s.`]
    },
    figures: Object.fromEntries(rows.flatMap(({ name, cpuMicros, redisMicros }) => [
      [`read ${name} µs`, cpuMicros], [`read ${name} × bare`, bareMicros / cpuMicros], ...redisMicros === 0 ? [] : [['read of Redis µs', redisMicros]]
    ])),
    failures: rows.flatMap(({ name, failed }) => failuresOf(`reads of ${name}`, failed))
  }
}

/** Tasks that a gateway has seen to be completed, so that no read of them asks upstream. */
async function settledTasks (contender: Contender): Promise<string[]> {
  const taskIds = await makeTasks(contender, TASKS)
  if (contender.name === 'bare') return taskIds
  await pause(STALE_MS)
  const statuses = await readTasks(contender, taskIds)
  if (statuses.some(status => status !== 'completed')) throw new Error('all tasks of reads have completed')
  return taskIds
}
