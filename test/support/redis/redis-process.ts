// One run of redis-server as a process that does not outlive this one.
import { spawn } from 'node:child_process'
import { guard } from './guard.ts'
import { redisServerPath } from './redis-binary.ts'

const READY_MS = 60_000
/** what a server says once it listens and has loaded its data; the second is a Sentinel's */
const READY = /Ready to accept connections|Sentinel ID is/
const PORT_TAKEN = /Address already in use/

export type RedisProcess = {
  /** Sends a signal; nothing happens if the process is gone. */
  kill (signal: NodeJS.Signals): void
  /** resolves when the process is gone */
  ended: Promise<void>
}

export type Launch =
  | { kind: 'ready', process: RedisProcess }
  | { kind: 'port-taken' }

/**
 * Starts redis-server and resolves when it accepts connections. That is read from its own log, not asked on the port, where a stranger might answer.
 * Throws with its log if it ends before that, or is not ready after a minute.
 */
export async function launchRedis (argv: readonly string[], folder: string): Promise<Launch> {
  const child = spawn(await redisServerPath(), argv, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } })
  guard(child)
  const { promise, resolve, reject } = Promise.withResolvers<Launch>()
  const failed = (why: string): void => reject(new Error(`redis-server ${argv.join(' ')} ${why}:\n${output}`))
  let output = ''
  let starting = true

  const heard = (text: string): void => {
    if (!starting) return
    output += text
    if (READY.test(output)) resolve({ kind: 'ready', process: { kill: signal => { child.kill(signal) }, ended } })
  }
  child.stdout.setEncoding('utf8').on('data', heard)
  child.stderr.setEncoding('utf8').on('data', heard)
  child.once('error', reject)
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  ended.then(() => PORT_TAKEN.test(output) ? resolve({ kind: 'port-taken' }) : failed('ended'))
  const deadline = setTimeout(() => {
    child.kill('SIGKILL')
    failed('was not ready in time')
  }, READY_MS)

  return promise.finally(() => {
    starting = false
    clearTimeout(deadline)
  })
}
