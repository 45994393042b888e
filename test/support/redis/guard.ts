// Ends a process when this one is gone, whatever ended it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A line means that the process has ended by itself; the end of the input without one, that whoever started it is gone. */
const SCRIPT = 'if read -r _; then exit; fi; kill -9 "$1"'

/**
 * Kills the child when this process ends. vitest ends its workers with SIGTERM and then SIGKILL, where no `exit` handler runs; but
 * the system closes their pipes in every case, and a shell of a session of its own, which no Ctrl-C reaches, waits for that.
 */
export function guard (child: ChildProcess): void {
  if (child.pid === undefined) return
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'guard', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  // It may be gone before it is told that the child is.
  shell.stdin.on('error', () => {})
  once(child, 'exit').then(() => shell.stdin.end('\n'))
  shell.unref()
}
