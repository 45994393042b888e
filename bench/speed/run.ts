// `npm run bench`: what the gateway costs, beside what others cost, in one run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BODY, bareProxy, fastifyProxy, GENERATION, mulegate, nginx, portkey, UPSTREAM_TOKEN, type Contender, type Site } from './contenders.ts'
import { load, type Request } from './load.ts'
import { listening, start, type Running } from './processes.ts'
import { fileURLToPath } from 'node:url'

const GATEWAY_CORE = 0
const LOAD_CORE = 1
const CONNECTIONS = 64
const WARM_UP_S = 3
const ROUND_S = 3
const ROUNDS = 5

const folder = mkdtempSync(join(tmpdir(), 'mulegate-bench-'))
let nextPort = 21_000
const ports = (): number => nextPort++
const [upstreamPort, redisPort] = [ports(), ports()]
const site: Site = { folder, gatewayCore: GATEWAY_CORE, upstreamPort, redisPort, ports }
const started: Running[] = []

try {
  const upstream = start({ name: 'upstream', command: process.execPath, args: [fileURLToPath(new URL('upstream-double.ts', import.meta.url))], env: { PORT: String(upstreamPort) }, core: LOAD_CORE, logFile: join(folder, 'upstream.log') })
  started.push(upstream)
  const redis = start({
    name: 'redis', command: 'redis-server', args: ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'], core: LOAD_CORE, logFile: join(folder, 'redis.log')
  })
  started.push(redis)
  await Promise.all([listening(upstreamPort), listening(redisPort)])

  const direct: Request = { url: `http://127.0.0.1:${upstreamPort}${GENERATION}`, method: 'POST', headers: { authorization: `Bearer ${UPSTREAM_TOKEN}`, 'content-type': 'application/json' }, body: BODY }
  const ceiling = await load(direct, { seconds: 2, connections: CONNECTIONS, core: LOAD_CORE, folder })
  process.stdout.write(`upstream alone: ${Math.round(ceiling.perSecond)} a second, with the load on the same core\n`)

  const contenders: Contender[] = []
  for (const make of [bareProxy, fastifyProxy, nginx, portkey, (at: Site) => mulegate(at, 'embedded'), (at: Site) => mulegate(at, 'redis')]) {
    const contender = await make(site)
    if (contender === undefined) continue
    contenders.push(contender)
    started.push(contender.program)
    await load(contender.create, { seconds: WARM_UP_S, connections: CONNECTIONS, core: LOAD_CORE, folder })
  }
  const rows = new Map<string, { perSecond: number, cpuMicros: number, redisMicros: number, failed: number, p50Ms: number, p99Ms: number }[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, program, create } of contenders) {
      const [cpu, redisCpu] = [program.cpuSeconds(), redis.cpuSeconds()]
      const result = await load(create, { seconds: ROUND_S, connections: CONNECTIONS, core: LOAD_CORE, folder })
      const each = 1e6 / result.requests
      rows.set(name, [...rows.get(name) ?? [], { ...result, cpuMicros: (program.cpuSeconds() - cpu) * each, redisMicros: (redis.cpuSeconds() - redisCpu) * each }])
    }
  }
  for (const [name, results] of rows) {
    const of = (pick: (result: typeof results[number]) => number): number => median(results.map(pick))
    process.stdout.write(`${name.padEnd(20)} ${of(r => r.perSecond).toFixed(0).padStart(7)}/s  cpu ${of(r => r.cpuMicros).toFixed(0).padStart(5)} µs  redis ${of(r => r.redisMicros).toFixed(0).padStart(4)} µs  p50 ${of(r => r.p50Ms).toFixed(2)} p99 ${of(r => r.p99Ms).toFixed(2)} ms  failed ${results.reduce((sum, r) => sum + r.failed, 0)}\n`)
  }
} finally {
  await Promise.all(started.map(each => each.stop()))
  if (process.env['KEEP'] === undefined) rmSync(folder, { recursive: true, force: true })
  else process.stdout.write(`${folder}\n`)
}

function median (values: number[]): number { return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0 }
