// `npm run bench`: what the gateway costs, beside what others cost, in one run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BODY, bareProxy, fastifyProxy, GENERATION, mulegate, nginx, portkey, UPSTREAM_TOKEN, type Contender, type Site } from './contenders.ts'
import { load, type Request } from './load.ts'
import { listening, start, type Running } from './processes.ts'

const GATEWAY_CORE = 0
const LOAD_CORE = 1
const CONNECTIONS = 64
const WARM_UP_S = 3
const ROUND_S = 3
const ROUNDS = 5

prepare()
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
  const table = [...rows].map(([name, results]) => {
    const of = (pick: (result: typeof results[number]) => number): number => median(results.map(pick))
    return { name, perSecond: of(r => r.perSecond), cpuMicros: of(r => r.cpuMicros), redisMicros: of(r => r.redisMicros), p50Ms: of(r => r.p50Ms), p99Ms: of(r => r.p99Ms), failed: results.reduce((sum, { failed }) => sum + failed, 0) }
  })
  const [bare] = table
  process.stdout.write('                      creates/s   CPU of it  × bare   of Redis       p50       p99  failed\n')
  for (const { name, perSecond, cpuMicros, redisMicros, p50Ms, p99Ms, failed } of table) {
    process.stdout.write(`${name.padEnd(20)} ${perSecond.toFixed(0).padStart(10)} ${cpuMicros.toFixed(0).padStart(8)} µs ${((bare?.cpuMicros ?? 0) / cpuMicros).toFixed(2).padStart(7)} ${redisMicros.toFixed(0).padStart(7)} µs ${p50Ms.toFixed(1).padStart(6)} ms ${p99Ms.toFixed(1).padStart(6)} ms ${String(failed).padStart(7)}\n`)
  }
} finally {
  await Promise.all(started.map(each => each.stop()))
  if (process.env['KEEP'] === undefined) rmSync(folder, { recursive: true, force: true })
  else process.stdout.write(`${folder}\n`)
}

/** What it needs beside the packages of the gateway: wrk, redis-server and taskset on the path, and those whom the gateway is compared with. */
function prepare (): void {
  const missing = ['wrk', 'redis-server', 'taskset'].filter(command => spawnSync('which', [command]).status !== 0)
  if (missing.length > 0) {
    process.stderr.write(`${missing.join(', ')} is missing: apt-get install wrk redis-server util-linux\n`)
    process.exit(1)
  }
  const contenders = fileURLToPath(new URL('../contenders', import.meta.url))
  if (!existsSync(join(contenders, 'node_modules'))) spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: contenders, stdio: 'inherit' })
}

function median (values: number[]): number { return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0 }
