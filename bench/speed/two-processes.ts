// What a second gateway process on a second core brings, over one Redis.
import { mulegate, type Gateway } from './contenders.ts'
import { inTurn, medianOf, sumOf, type Part } from './figures.ts'
import { CORES } from './processes.ts'
import { failuresOf, type Stage } from './stage.ts'

const CORE_OF = ['0', '1'] as const
const WARM_UP_S = 10
const ROUNDS = 3
const ROUND_S = 2

export async function measureTwoProcesses (stage: Stage): Promise<Part> {
  // Gateways keep their cores; everybody else runs where there is room.
  const [upstream, redis] = [await stage.startUpstream({}, CORES.all), await stage.startRedis('two-processes', CORES.all)]
  const gateways: Gateway[] = []
  for (const core of CORE_OF) gateways.push(await mulegate(stage, 'redis', { name: `gateway-${core}`, cores: CORES.all === '0' ? '0' : core, upstreamPort: upstream.port, redisPort: redis.port }))
  const loads = (count: number, seconds: number) => Promise.all(gateways.slice(0, count).map(({ create }) => stage.load(create, seconds, { cores: CORES.all })))
  await loads(2, WARM_UP_S)

  const cpuSeconds = (): number => sumOf(gateways, ({ program }) => program.cpuSeconds())
  const taken = await inTurn([1, 2], ROUNDS, async count => {
    const [cpu, redisCpu] = [cpuSeconds(), redis.program.cpuSeconds()]
    const results = await loads(count, ROUND_S)
    const requests = sumOf(results, result => result.requests)
    return { perSecond: sumOf(results, result => result.perSecond), failed: sumOf(results, result => result.failed), cpuMicros: (cpuSeconds() - cpu) * 1e6 / requests, redisMicros: (redis.program.cpuSeconds() - redisCpu) * 1e6 / requests }
  })
  await stage.stop(...gateways.map(({ program }) => program), upstream.program, redis.program)

  const rows = taken.map(([count, samples]) => ({
    count,
    perSecond: medianOf(samples, sample => sample.perSecond),
    cpuMicros: medianOf(samples, sample => sample.cpuMicros),
    redisMicros: medianOf(samples, sample => sample.redisMicros),
    failed: sumOf(samples, sample => sample.failed)
  }))
  const [one, two] = rows
  const byCpu = 2 * (one?.cpuMicros ?? NaN) / (two?.cpuMicros ?? NaN)
  const byThroughput = (two?.perSecond ?? NaN) / (one?.perSecond ?? NaN)
  // One Redis thread serves both.
  const redisAllows = (two?.cpuMicros ?? NaN) / (two?.redisMicros ?? NaN)
  return {
    table: {
      title: 'Two gateway processes over one Redis',
      columns: ['processes', 'creates a second here', 'CPU each', 'of Redis each', 'cores of gateways that one Redis core feeds', 'failed'],
      rows: rows.map(({ count, perSecond, cpuMicros, redisMicros, failed }) => [String(count), perSecond.toFixed(0), `${cpuMicros.toFixed(0)} µs`, `${redisMicros.toFixed(0)} µs`, (cpuMicros / redisMicros).toFixed(1), String(failed)]),
      notes: [
        `By processor time a create, two processes with a core each do ${byCpu.toFixed(2)} × the creates of one, if Redis has a core of its own that feeds ${redisAllows.toFixed(1)} of them.`,
        `Here, where the load, the upstream double and Redis run on the same ${CORES.all === '0-1' ? 'two ' : ''}cores, they did ${byThroughput.toFixed(2)} × as many: what one process leaves idle the others use already.`
      ]
    },
    figures: { 'two processes × one by CPU': Math.min(byCpu, redisAllows), 'two processes × one by throughput here': byThroughput, 'two processes create µs': two?.cpuMicros ?? NaN },
    failures: rows.flatMap(({ count, failed }) => failuresOf(`creates of ${count} processes`, failed))
  }
}
