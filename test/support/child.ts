// A program of this checkout as a real process: in a folder of its own, with no environment but what the test gives.
import { spawn, type StdioOptions } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
export const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
export const DEMO = fileURLToPath(new URL('../../src/demo.ts', import.meta.url))

export type Ended = { code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }

export type ChildOptions = {
  cwd: string
  args?: readonly string[]
  env?: Record<string, string>
  /** a command that takes the program's command line as its last words, and becomes the program */
  launcher?: readonly string[]
  stdio?: StdioOptions
}

export type Child = {
  /** what was written so far */
  stdout (): string
  /** resolves as soon as stdout matches; rejects if the process ends before that */
  printed (pattern: RegExp): Promise<RegExpExecArray>
  kill (signal: NodeJS.Signals): void
  /** resolves when the process is gone and all that it wrote has been read */
  ended: Promise<Ended>
}

/** Starts a program; it does not outlive the test. */
export function startChild (program: string, { cwd, args = [], env = {}, launcher = [], stdio = ['ignore', 'pipe', 'pipe'] }: ChildOptions): Child {
  const [command = process.execPath, ...parameters] = [...launcher, process.execPath, program, ...args]
  const child = spawn(command, parameters, { cwd, env: { PATH: process.env['PATH'], ...env }, stdio })
  let stdout = ''
  let stderr = ''
  let gone = false
  const watchers = new Set<() => void>()
  const changed = (): void => { for (const watcher of [...watchers]) watcher() }

  child.stdout?.setEncoding('utf8').on('data', text => { stdout += text; changed() })
  child.stderr?.setEncoding('utf8').on('data', text => { stderr += text; changed() })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      gone = true
      changed()
      resolve({ code, signal, stdout, stderr })
    })
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })

  return {
    stdout: () => stdout,
    printed: pattern => new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout)
        if (match === null && !gone) return
        watchers.delete(look)
        if (match === null) reject(new Error(`the process ended without printing ${pattern}:\n${stdout}${stderr}`))
        else resolve(match)
      }
      watchers.add(look)
      look()
    }),
    kill: signal => { child.kill(signal) },
    ended
  }
}
