// How long a gateway takes from its start until it is ready.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gatewayEnv } from './contenders.ts'
import { median, type Part } from './figures.ts'
import { CORES, freePort, start } from './processes.ts'
import type { Stage } from './stage.ts'

const STARTS = 3
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const ASK_EVERY_MS = 5

export async function measureStart (stage: Stage): Promise<Part> {
  const times: Record<'embedded' | 'redis', number[]> = { embedded: [], redis: [] }
  // The first of each writes what the others find.
  for (let count = 0; count <= STARTS; count++) {
    const stops: Promise<void>[] = []
    for (const ledger of ['embedded', 'redis'] as const) {
      const { ms, stop } = await startToReady(stage, ledger)
      if (count > 0) times[ledger].push(ms)
      // It takes some seconds, in which a gateway says that it is going.
      stops.push(stop())
    }
    await Promise.all(stops)
  }
  const rows = Object.entries(times).map(([ledger, each]) => ({ ledger, medianMs: median(each), mostMs: Math.max(...each) }))
  return {
    table: {
      title: 'From start to ready',
      columns: ['', 'median', 'most'],
      rows: rows.map(({ ledger, medianMs, mostMs }) => [ledger, `${medianMs.toFixed(0)} ms`, `${mostMs.toFixed(0)} ms`]),
      notes: [`Of ${STARTS} starts each, until /readyz answers 200.`]
    },
    figures: Object.fromEntries(rows.map(({ ledger, medianMs }) => [`start ${ledger} ms`, medianMs])),
    failures: []
  }
}

async function startToReady (stage: Stage, ledger: 'embedded' | 'redis'): Promise<{ ms: number, stop: () => Promise<void> }> {
  const port = await freePort()
  const env = await gatewayEnv(stage, ledger, { databasePath: join(stage.folder, 'start.db') })
  const beganMs = performance.now()
  const program = start({ command: process.execPath, args: [MAIN], cwd: stage.folder, env: { ...env, PORT: String(port) }, cores: CORES.gateway, logFile: join(stage.folder, 'start.log') })
  while (!await isReady(port)) {
    if (program.hasEnded()) throw new Error(`a gateway with the ${ledger} ledger did not start`)
    await pause(ASK_EVERY_MS)
  }
  return { ms: performance.now() - beganMs, stop: () => program.stop() }
}

async function isReady (port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok, () => false)
}
