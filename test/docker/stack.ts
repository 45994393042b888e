// A composed stack of this checkout under a name of its own, with an account in it; it needs a Docker engine and leaves nothing behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PROJECT = 'mulegate-test'
const POLL_MS = 100

export const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'

export type Stack = {
  origin: string
  /** Runs `docker compose …`, and resolves to what it wrote to stdout. Throws with what it said if it fails. */
  compose (...args: readonly string[]): Promise<string>
  /** Runs the operators' command line in a gateway's container. */
  mulegate (...args: readonly string[]): Promise<string>
  /** sends a signal to the container of a service */
  kill (service: string, signal: 'KILL' | 'TERM'): Promise<void>
  /** what the simulator has seen */
  received (): Promise<{ creates: number, accepted: number, task_ids: string[] }>
  /** Resolves when the question is answered with true. Throws after the time. */
  until (what: string, timeoutMs: number, ask: () => Promise<boolean>): Promise<void>
  down (): Promise<void>
}

/** Builds and starts what the Compose files say, and resolves when all of it is healthy. */
export async function startStack (files: readonly string[], { port }: { port: number }): Promise<Stack> {
  const env = { ...process.env, PORT: String(port), SIMULATOR_PENDING_MS: '300', SIMULATOR_PROCESSING_MS: '700' }
  const compose: Stack['compose'] = async (...args) => run('docker', ['compose', '-p', PROJECT, ...files.flatMap(file => ['-f', file]), ...args], env)
  const down = async (): Promise<void> => { await compose('down', '--volumes', '--remove-orphans', '--timeout', '5') }
  await down()
  await compose('up', '--build', '--wait', '--wait-timeout', '120')
  return {
    origin: `http://127.0.0.1:${port}`,
    compose,
    mulegate: (...args) => compose('exec', '-T', 'gateway', 'mulegate', ...args),
    async kill (service, signal) { await compose('kill', '--signal', `SIG${signal}`, service) },
    async received () {
      const ask = 'process.stdout.write(await (await fetch("http://127.0.0.1:8090/_simulator/received?tasks=true")).text())'
      return JSON.parse(await compose('exec', '-T', 'simulator', 'node', '--input-type=module', '-e', ask))
    },
    async until (what, timeoutMs, ask) {
      for (const endMs = Date.now() + timeoutMs; ;) {
        if (await ask().catch(() => false)) return
        if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
        await delay(POLL_MS)
      }
    },
    down
  }
}

/** Makes a team whose limits, a million, only count, and returns a key of it. */
export async function makeTeam ({ mulegate }: Stack): Promise<string> {
  await mulegate('team', 'create', 'chaos', '--quota', 'total:tasks:1000000', '--in-flight', '1000000')
  return (await mulegate('key', 'mint', 'chaos')).trim()
}

/** Prints a line. */
export function say (line: string): void { process.stdout.write(`${line}\n`) }

async function run (command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}
