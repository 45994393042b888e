// What an open wait (`Prefer: wait`) and an open stream of events cost a gateway in memory, ten thousand of them at a time.
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { makeTasks, readTasks } from './callers.ts'
import { GENERATION, mulegate, newKey } from './contenders.ts'
import type { Part } from './figures.ts'
import { freePort } from './processes.ts'
import type { Stage } from './stage.ts'

/** As many as a gateway has connections. */
const WAITING = Number(process.env['WAITERS'] ?? 10_000)
/** Of one key at most 5,000 may wait. */
const KEYS = 4
const AT_ONCE = 100
const OPEN_WITHIN_MS = 40_000
const SETTLE_MS = 500
const PROBE = fileURLToPath(new URL('memory-probe.ts', import.meta.url))

const memorySchema = z.object({ count: z.int(), heapUsed: z.number(), external: z.number(), rss: z.number() })
type Memory = z.infer<typeof memorySchema>

type Kind = { name: string, path: (taskId: string) => string, headers: string }

const KINDS: readonly Kind[] = [
  { name: 'waiter', path: taskId => `${GENERATION}/${taskId}`, headers: 'Prefer: wait=50\r\n' },
  { name: 'event stream', path: taskId => `${GENERATION}/${taskId}/events`, headers: 'Accept: text/event-stream\r\n' }
]

export async function measureWaiters (stage: Stage): Promise<Part> {
  const upstream = await stage.startUpstream({ STATUS: 'processing' })
  const redis = await stage.startRedis('waiters')
  const rows = []
  for (const kind of KINDS) rows.push({ ...kind, ...await measureKind(stage, kind, { upstreamPort: upstream.port, redisPort: redis.port }) })
  await stage.stop(upstream.program, redis.program)
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  return {
    table: {
      title: `Open waits and streams, ${WAITING} on one gateway`,
      columns: ['', 'resident memory each', 'heap each', 'beside the heap each', 'gateway before', 'gateway with all', 'opened in'],
      rows: rows.map(row => [row.name, kB(row.rssEach), kB(row.heapEach), kB(row.externalEach), `${(row.before.rss / 1e6).toFixed(0)} MB`, `${(row.after.rss / 1e6).toFixed(0)} MB`, `${(row.openMs / 1000).toFixed(1)} s`]),
      notes: [`Each waits for a task of its own over a connection of its own, with ${KEYS} keys of one team; after garbage collection. ${WAITING} is what a gateway takes (CONNECTION_LIMITS): operators came by OPS_PORT. Sockets in the kernel are not counted.`]
    },
    figures: Object.fromEntries(rows.flatMap(row => [[`${row.name} resident B`, row.rssEach], [`${row.name} heap B`, row.heapEach]])),
    failures: rows.flatMap(({ name, open }) => open === WAITING ? [] : [`${open} of ${WAITING} were open: ${name}`])
  }
}

/** On a gateway of its own: memory that was used once is kept, and would be counted as nobody's. */
async function measureKind (stage: Stage, { name, path, headers }: Kind, ports: { upstreamPort: number, redisPort: number }) {
  const file = join(stage.folder, `memory-${name}`)
  const opsPort = await freePort()
  // Looks would go on all the time, and what they leave behind is not what is measured.
  const env = { MEMORY_FILE: file, OPS_PORT: String(opsPort), STATUS_MAX_AGE_MS: '3600000', ...process.env['HEAP_SNAPSHOT'] === undefined ? {} : { HEAP_SNAPSHOT: '1' } }
  const gateway = await mulegate(stage, 'redis', { name: `gateway of ${name}s`, nodeArgs: ['--import', PROBE], env, adminPort: opsPort, ...ports })
  const taskIds = await makeTasks(gateway, WAITING)
  // Every kind of work that comes has been done once.
  await readTasks(gateway, taskIds.slice(0, 1000))
  await pause(SETTLE_MS)
  const secrets = await Promise.all(Array.from({ length: KEYS }, () => newKey(opsPort, gateway.team)))

  const probe = memoryProbe(file, () => gateway.program.signal('SIGUSR2'))
  const before = await probe()
  const beganMs = performance.now()
  const sockets = await open(taskIds.map((id, place) => `GET ${path(id)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secrets[place % KEYS]}\r\n${headers}\r\n`), gateway.port)
  while (await waiting(opsPort) < WAITING && performance.now() - beganMs < OPEN_WITHIN_MS) await pause(100)
  const openMs = performance.now() - beganMs
  await pause(SETTLE_MS)
  const openNow = await waiting(opsPort)
  const after = await probe()
  for (const socket of sockets) socket.destroy()
  await stage.stop(gateway.program)
  const each = (pick: (memory: Memory) => number): number => (pick(after) - pick(before)) / WAITING
  return { before, after, openMs, open: openNow, rssEach: each(({ rss }) => rss), heapEach: each(({ heapUsed }) => heapUsed), externalEach: each(({ external }) => external) }
}

/** Connects and sends, a few at a time. */
async function open (requests: readonly string[], port: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  const rest = requests[Symbol.iterator]()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const socket = connect({ host: '127.0.0.1', port })
      socket.on('error', () => socket.destroy())
      await once(socket, 'connect')
      socket.write(next.value)
      socket.resume()
      sockets.push(socket)
    }
  }))
  return sockets
}

/** Asks for what is held, and waits for the answer. */
function memoryProbe (file: string, ask: () => void): () => Promise<Memory> {
  let count = 0
  return async () => {
    count++
    ask()
    while (true) {
      await pause(50)
      const memory = existsSync(file) ? memorySchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
      if (memory?.count === count) return memory
    }
  }
}

async function waiting (opsPort: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`)
  return Number(/^mulegate_waiting_callers (\d+)$/m.exec(await response.text())?.[1])
}
