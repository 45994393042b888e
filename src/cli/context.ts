// What every command works with.
import type { Readable } from 'node:stream'
import type { AdminApi } from './admin-api.ts'
import type { Terminal } from './terminal.ts'

export type Context = {
  terminal: Terminal
  stdin: Readable
  /** The gateway of the environment; help is shown without one. @throws WrongUsage */
  api (): AdminApi
  nowMs (): number
}
