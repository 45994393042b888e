// Other processes of a test, which end with it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

export type Child = {
  /** the lines that it writes, as they come */
  lines: AsyncIterator<string>
  /** Ends it as a crash would. @returns when it is gone */
  kill (): Promise<void>
}

/** What a child does that is to run out of room: no file of it grows over a megabyte. */
const LIMITED = 'ulimit -f 2048 && exec "$@"'

/** Starts `child.ts` on a database. Only inside a test. */
export function startChild (what: 'hold' | 'open' | 'admit' | 'admit-many' | 'fill', path: string): Child {
  const command = [process.execPath, CHILD, what, path]
  const [program = '', ...args] = what === 'fill' ? ['sh', '-c', LIMITED, 'sh', ...command] : command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => kill(child))
  return { lines: createInterface(child.stdout)[Symbol.asyncIterator](), kill: () => kill(child) }
}

/** The next line that a child writes. @throws if it ends without one */
export async function nextLine ({ lines }: Child): Promise<string> {
  const { done, value } = await lines.next()
  if (done === true) throw new Error('the process ended without a word')
  return value
}

async function kill (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
