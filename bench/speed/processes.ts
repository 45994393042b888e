// Programs that are measured: each on its core, and how much of that core it has used.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { guard } from '../../test/support/redis/guard.ts'

export type Program = { command: string, args: readonly string[], env?: Record<string, string>, cores: string, cwd?: string, logFile?: string }

export type Running = {
  pid: number
  /** seconds of processor time since it began, with all its threads */
  cpuSeconds (): number
  residentBytes (): number
  hasEnded (): boolean
  signal (name: NodeJS.Signals): void
  stop (): Promise<void>
}

/** Whoever is measured has the first core; the load, the upstream double and Redis share the others. */
export const CORES = availableParallelism() > 1
  ? { gateway: '0', load: `1-${availableParallelism() - 1}`, all: `0-${availableParallelism() - 1}` }
  : { gateway: '0', load: '0', all: '0' }

export const canPin = spawnSync('taskset', ['-V']).status === 0
/** Processor time and memory are read there. */
export const hasProc = existsSync('/proc/self/stat')
/** The kernel's clock tick, in which /proc counts. */
const TICKS_A_SECOND = 100
const PAGE_BYTES = 4096
const STOP_WITHIN_MS = 10_000

/** The words of a command that runs on these cores, where the system can do that. */
export function pinned (cores: string, words: readonly string[]): [program: string, ...rest: string[]] {
  const [program = '', ...rest] = canPin ? ['taskset', '-c', cores, ...words] : words
  return [program, ...rest]
}

/** Starts it, on its cores; it does not outlive this process. */
export function start ({ command, args, env = {}, cores, cwd, logFile }: Program): Running {
  const [program, ...rest] = pinned(cores, [command, ...args])
  const output = logFile === undefined ? 'ignore' : openSync(logFile, 'a')
  const child = spawn(program, rest, { env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env }, cwd, stdio: ['ignore', output, output] })
  guard(child)
  const pid = child.pid ?? 0
  return {
    pid,
    cpuSeconds: () => familyOf(pid).reduce((sum, each) => sum + cpuTicks(each), 0) / TICKS_A_SECOND,
    residentBytes: () => familyOf(pid).reduce((sum, each) => sum + residentPages(each), 0) * PAGE_BYTES,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    signal: name => { child.kill(name) },
    stop: () => stop(child)
  }
}

/** Resolves when somebody listens there. */
export async function listening (port: number): Promise<void> {
  for (const beganMs = performance.now(); performance.now() - beganMs < 30_000; await pause(20)) {
    const socket = createConnection({ host: '127.0.0.1', port })
    const connected = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false)
    socket.destroy()
    if (connected) return
  }
  throw new Error(`nobody listens on port ${port}`)
}

/** A port that nobody has now. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a server on TCP has a port')
  return address.port
}

async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(timer)
}

/** The process and its children: nginx has a worker. */
function familyOf (pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [pid, ...children === '' ? [] : children.split(' ').map(Number)]
  } catch {
    return [pid]
  }
}

/** utime and stime, fields 14 and 15 of proc(5). */
function cpuTicks (pid: number): number {
  const fields = statOf(pid)
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

function residentPages (pid: number): number { return Number(statOf(pid)[21] ?? 0) }

/** The fields behind the name, which may have spaces in it. */
function statOf (pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
