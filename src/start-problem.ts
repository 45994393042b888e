// Why the start failed, in a line that an operator can act on and a code that a supervisor can.
import { ConfigurationError } from './config/config.ts'
import { RedisUnusable } from './stores/redis/connection.ts'
import { DatabaseUnusable } from './stores/sqlite/database.ts'

/** As in sysexits.h: the configuration is wrong. */
const EX_CONFIG = 78

/** The exit code of a process that could not start. */
export function startExitCode (error: unknown): number {
  const wrongHost = error instanceof Error && 'syscall' in error && error.syscall === 'getaddrinfo'
  return error instanceof ConfigurationError || wrongHost ? EX_CONFIG : 1
}

/** One line for each problem; a stack only for what nobody planned. */
export function startProblem (error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof DatabaseUnusable || error instanceof RedisUnusable) return error.message
  if (!(error instanceof Error)) return String(error)
  if ('syscall' in error && error.syscall === 'listen') return `HOST, PORT cannot be listened on: ${error.message}; choose another port, for example PORT=8081`
  if ('syscall' in error && error.syscall === 'getaddrinfo') return `HOST cannot be resolved: ${error.message}; for example HOST=127.0.0.1`
  return error.stack ?? error.message
}
