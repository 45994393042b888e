// The command line against a gateway of a test: in this process, or, where the process itself matters, as one of its own.
import { Readable, Writable } from 'node:stream'
import { expect } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { CLI, startChild } from './child.ts'
import { ADMIN_TOKEN, type Gateway } from './gateway.ts'

export type CliResult = { code: number | null, stdout: string, stderr: string }

export type CliOptions = { env?: Record<string, string>, stdin?: string }

/** The variables that name the gateway. */
export function cliEnv ({ origin }: Pick<Gateway, 'origin'>): Record<string, string> {
  return { MULEGATE_URL: origin, MULEGATE_ADMIN_TOKEN: ADMIN_TOKEN }
}

/** Runs a command in this process; its time is that of the gateway's clock. */
export async function cli (gateway: Pick<Gateway, 'origin' | 'clock'>, args: readonly string[], { env = cliEnv(gateway), stdin = '' }: CliOptions = {}): Promise<CliResult> {
  const [stdout, stderr] = [new Collected(), new Collected()]
  const code = await run(args, { env, stdin: Readable.from([stdin]), stdout, stderr, nowMs: gateway.clock.nowMs })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

/** Runs a command that must do well. @returns what it wrote to stdout */
export async function wellDone (gateway: Pick<Gateway, 'origin' | 'clock'>, args: readonly string[], options?: CliOptions): Promise<string> {
  const { code, stdout, stderr } = await cli(gateway, args, options)
  expect(code, stderr).toBe(0)
  return stdout
}

/** Runs a command as a process. Only inside a test. */
export async function cliProcess (args: readonly string[], { cwd, env }: { cwd: string, env: Record<string, string> }): Promise<CliResult> {
  const { code, stdout, stderr } = await startChild(CLI, { cwd, args, env }).ended
  return { code, stdout, stderr }
}

class Collected extends Writable {
  text = ''

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}
