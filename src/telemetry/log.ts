// The log: one JSON object a line, written through before anybody is answered, with nothing in it that must stay secret.
import { pino, stdSerializers, type Bindings, type DestinationStream, type Logger as PinoLogger } from 'pino'
import { fenced } from './fence.ts'
import { openSink } from './log-sink.ts'

export type LogOptions = {
  level: string
  /** where the lines go; a path, or stdout */
  destination?: string | DestinationStream
  /** is told when the log cannot be written, and when it can be again; on stderr otherwise */
  complain?: (complaint: string) => void
}

type Logger = PinoLogger<'record'>

const STDOUT = 1
/** Above every level, so that none leaves records out; a line says `info`. */
const RECORD_LEVEL = 100

export function openLog ({ level, destination, complain }: LogOptions): Logger {
  return fencingChildren(pino({
    level: level === 'silent' ? 'record' : level,
    customLevels: { record: RECORD_LEVEL },
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label === 'record' ? 'info' : label }), log: fenced },
    serializers: { err: error => Error.isError(error) ? fenced({ ...stdSerializers.err(error) }) : error }
  }, typeof destination === 'object' ? destination : openSink(destination ?? STDOUT, complain)))
}

/** What a child says with every line goes past the formatters of lines, and pino gives a child none of its own. */
function fencingChildren (log: Logger): Logger {
  const { child, setBindings } = log
  return Object.assign(log, {
    child (this: Logger, ...[facts, options]: Parameters<typeof child>) { return child.call(this, fenced(facts), options) },
    setBindings (this: Logger, facts: Bindings) { setBindings.call(this, fenced(facts)) }
  })
}
