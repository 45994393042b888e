// The log: one JSON object a line, written through before anybody is answered, with nothing in it that must stay secret.
import { pino, stdSerializers, type Bindings, type DestinationStream, type Logger } from 'pino'
import { fenced } from './fence.ts'

export type LogOptions = {
  level: string
  /** where the lines go; a path, or stdout */
  destination?: string | DestinationStream
}

export function openLog ({ level, destination }: LogOptions): Logger {
  const stream = typeof destination === 'object' ? destination : pino.destination({ dest: destination ?? 1, sync: true, mkdir: true })
  return fencingChildren(pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }), log: fenced },
    serializers: { err: error => Error.isError(error) ? fenced({ ...stdSerializers.err(error) }) : error }
  }, neverThrowing(stream)))
}

/** What a child says with every line goes past the formatters of lines, and pino gives a child none of its own. */
function fencingChildren (log: Logger): Logger {
  const { child, setBindings } = log
  return Object.assign(log, {
    child (this: Logger, ...[facts, options]: Parameters<typeof child>) { return child.call(this, fenced(facts), options) },
    setBindings (this: Logger, facts: Bindings) { setBindings.call(this, fenced(facts)) }
  })
}

/**
 * A log that cannot be written (a full disk, a closed pipe) must not make a paid task look failed: the ledger has it.
 * The first lost line is announced on stderr.
 */
function neverThrowing (stream: DestinationStream): DestinationStream {
  let announced = false
  return {
    write (line) {
      try {
        stream.write(line)
        announced = false
      } catch (error) {
        if (!announced) process.stderr.write(`the log cannot be written: ${error instanceof Error ? error.message : String(error)}\n`)
        announced = true
      }
    }
  }
}
