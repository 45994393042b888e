// `npm run bench`: what the gateway costs, beside what others cost, in one run; `npm run bench -- creates reads` runs these parts alone, and writes nothing.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { measureCommands } from './commands.ts'
import { measureCreates } from './creates.ts'
import type { Figures, Part } from './figures.ts'
import { measureFullLedger } from './full-ledger.ts'
import { measureLatency } from './latency.ts'
import { machineFacts } from './machine.ts'
import { measurePollers } from './pollers.ts'
import { hasProc } from './processes.ts'
import { measureReads } from './reads.ts'
import { measureRedisBytes } from './redis-bytes.ts'
import { between, factsText, markdown, text } from './render.ts'
import { Stage } from './stage.ts'
import { measureStart } from './start.ts'
import { targetTable } from './targets.ts'
import { measureTwoProcesses } from './two-processes.ts'
import { measureWaiters } from './waiters.ts'

/** In the order in which they run: the first three share their contenders. */
const PARTS: Readonly<Record<string, (stage: Stage) => Promise<Part>>> = {
  creates: measureCreates,
  reads: measureReads,
  latency: measureLatency,
  start: measureStart,
  two: measureTwoProcesses,
  full: measureFullLedger,
  waiters: measureWaiters,
  commands: measureCommands,
  pollers: measurePollers,
  memory: measureRedisBytes
}
const SHARED = ['creates', 'reads', 'latency']
const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const RESULTS = fileURLToPath(new URL('../results', import.meta.url))
const WRONG_USE = 64

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => PARTS[name] === undefined)
if (unknown.length > 0) end(`there is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`, WRONG_USE)
if (!hasProc) end('npm run bench needs Linux: it reads processor time and memory from /proc', WRONG_USE)

const stage = new Stage()
await stage.prepare().catch(async (error: unknown) => {
  await stage.close()
  // A Redis of its own is measured, and never somebody else's.
  end(String(error instanceof Error ? error.message : error).replace(', or set REDIS_URL', ''), 1)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { stage.close().finally(() => process.exit(1)) })
const parts = new Map<string, Part>()
const failures: string[] = []
const beganMs = performance.now()
const machine = machineFacts()
process.stdout.write(`${factsText(machine)}\n`)
try {
  for (const [name, measure] of Object.entries(PARTS).filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
    if (!SHARED.includes(name)) await stage.dismiss()
    const partMs = performance.now()
    try {
      const part = await measure(stage)
      parts.set(name, part)
      failures.push(...part.failures)
      process.stdout.write(`${text(part.table)}  ${name} took ${((performance.now() - partMs) / 1000).toFixed(0)} s\n`)
    } catch (error) {
      // The others are measured all the same.
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      await stage.dismiss()
    }
  }
} finally {
  await stage.close()
}

const figures: Figures = Object.assign({}, ...[...parts.values()].map(part => part.figures))
const targets = targetTable(figures, { all: wanted.length === 0 })
const tookS = Math.round((performance.now() - beganMs) / 1000)
process.stdout.write(`${text(targets)}\ntook ${tookS} s\n`)
if (wanted.length === 0) writeResults()
for (const failure of failures) process.stderr.write(`failed: ${failure}\n`)
process.exitCode = failures.length === 0 ? 0 : 1

function writeResults (): void {
  const date = new Date().toISOString().slice(0, 10)
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(`${RESULTS}/${date}.json`, `${JSON.stringify({ date, tookS, machine, targets: targets.rows, figures }, undefined, 2)}\n`)
  const tables = [targets, ...[...parts.values()].map(({ table }) => table)].map(markdown)
  writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'bench', [`Measured on ${date}, in ${tookS} s:`, factsText(machine), ...tables].join('\n\n')))
}

function end (message: string, exitCode: number): never {
  process.stderr.write(`${message}\n`)
  process.exit(exitCode)
}
