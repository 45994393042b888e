// The same create on a ledger with a million tasks and ten thousand keys, and on an empty one.
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { mulegate, type Gateway } from './contenders.ts'
import { inTurn, medianOf, sumOf, type Part } from './figures.ts'
import { CORES, pinned, type Running } from './processes.ts'
import { failuresOf, type Stage } from './stage.ts'

type Ledger = 'embedded' | 'redis'
/** `database`: the process that works for the gateway, if it is not the gateway itself. */
type Filled = { ledger: Ledger, full: boolean, gateway: Gateway, database: Running | undefined }

/** Past the number at which Redis doubles its table of keys: while it does, for some seconds, every command is dearer. */
const TASKS = Number(process.env['FULL_TASKS'] ?? 1_200_000)
const KEYS = 10_000
const WARM_UP_S = 5
const ROUNDS = 3
const ROUND_S = 2
const FILL = fileURLToPath(new URL('fill-ledger.ts', import.meta.url))

export async function measureFullLedger (stage: Stage): Promise<Part> {
  const [empty, full] = [await stage.startRedis('empty'), await stage.startRedis('full')]
  const databasePath = join(stage.folder, 'full.db')
  const beganMs = performance.now()
  // Side by side, on a core each.
  const [team, sameTeam] = await Promise.all([fill('embedded', databasePath, CORES.gateway), fill('redis', `redis://127.0.0.1:${full.port}`, CORES.load)])
  const fillS = (performance.now() - beganMs) / 1000
  const redisBytes = await usedBytes(full.port)
  const databaseBytes = statSync(databasePath).size

  const items: Filled[] = [
    { ledger: 'embedded', full: false, gateway: await mulegate(stage, 'embedded', { name: 'embedded, empty' }), database: undefined },
    { ledger: 'embedded', full: true, gateway: await mulegate(stage, 'embedded', { name: 'embedded, full', databasePath, team }), database: undefined },
    { ledger: 'redis', full: false, gateway: await mulegate(stage, 'redis', { name: 'redis, empty', redisPort: empty.port }), database: empty.program },
    { ledger: 'redis', full: true, gateway: await mulegate(stage, 'redis', { name: 'redis, full', redisPort: full.port, team: sameTeam }), database: full.program }
  ]
  for (const { gateway } of items) await stage.load(gateway.create, WARM_UP_S)
  const taken = await inTurn(items, ROUNDS, async ({ gateway, database }) => {
    const [cpu, databaseCpu] = [gateway.program.cpuSeconds(), database?.cpuSeconds() ?? 0]
    const result = await stage.load(gateway.create, ROUND_S)
    return { ...result, cpuMicros: (gateway.program.cpuSeconds() - cpu) * 1e6 / result.requests, databaseMicros: ((database?.cpuSeconds() ?? 0) - databaseCpu) * 1e6 / result.requests }
  })
  await stage.stop(...items.map(({ gateway }) => gateway.program), empty.program, full.program)

  const rows = taken.map(([{ ledger, full }, samples]) => ({
    ledger,
    full,
    cpuMicros: medianOf(samples, sample => sample.cpuMicros),
    databaseMicros: medianOf(samples, sample => sample.databaseMicros),
    perSecond: medianOf(samples, sample => sample.perSecond),
    p99Ms: medianOf(samples, sample => sample.p99Ms),
    failed: sumOf(samples, sample => sample.failed)
  }))
  const whole = (ledger: Ledger, full: boolean): number => {
    const row = rows.find(each => each.ledger === ledger && each.full === full)
    return row === undefined ? NaN : row.cpuMicros + row.databaseMicros
  }
  return {
    table: {
      title: `A ledger of ${TASKS.toLocaleString('en')} tasks and ${KEYS.toLocaleString('en')} keys`,
      columns: ['', 'tasks', 'CPU each', 'of Redis each', '× empty', 'a second here', 'p99', 'failed'],
      rows: rows.map(({ ledger, full, cpuMicros, databaseMicros, perSecond, p99Ms, failed }) => [
        ledger, full ? TASKS.toLocaleString('en') : 'few', `${cpuMicros.toFixed(0)} µs`, ledger === 'redis' ? `${databaseMicros.toFixed(0)} µs` : '',
        (whole(ledger, false) / (cpuMicros + databaseMicros)).toFixed(2), perSecond.toFixed(0), `${p99Ms.toFixed(1)} ms`, String(failed)
      ]),
      notes: [
        `"× empty" is of the creates a second per core, gateway and Redis together. Medians of ${ROUNDS} rounds of ${ROUND_S} s in turn; the caller's team has half of all tasks.`,
        `Filled in ${fillS.toFixed(0)} s: a task of every key by the ledger's own steps, and ${Math.round(TASKS / KEYS) - 1} copies of each in the store's own form. The file has ${(databaseBytes / 1e6).toFixed(0)} MB, Redis ${(redisBytes / 1e6).toFixed(0)} MB.`
      ]
    },
    figures: {
      'full ledger embedded × empty': whole('embedded', false) / whole('embedded', true),
      'full ledger redis × empty': whole('redis', false) / whole('redis', true),
      'full ledger tasks': TASKS,
      'full ledger Redis B a task': redisBytes / TASKS,
      'full ledger file B a task': databaseBytes / TASKS
    },
    failures: rows.flatMap(({ ledger, full, failed }) => failuresOf(`creates of the ${full ? 'full' : 'empty'} ${ledger} ledger`, failed))
  }
}

async function fill (ledger: Ledger, place: string, cores: string): Promise<string> {
  const [program, ...rest] = pinned(cores, [process.execPath, FILL, ledger, place, String(TASKS), String(KEYS)])
  return (await promisify(execFile)(program, rest)).stdout
}

async function usedBytes (port: number): Promise<number> {
  const redis = new Redis(port)
  const info = await redis.info('memory')
  redis.disconnect()
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}
