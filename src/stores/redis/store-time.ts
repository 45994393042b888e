// Redis's clock beside the gateway's: deadlines that a late script must notice are told in Redis's time.
import { z } from 'zod'
import { LedgerUnavailable } from '../../ledger/ledger.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { run } from './scripts.ts'

const timeReply = z.tuple([z.string(), z.string()])

export type StoreTimeOptions = {
  link: Link
  names: Names
  clock: Clock
  /** tells Redis's time in its place */
  told: Clock | undefined
  log: Log
}

const WARN_BEYOND_MS = 1000
const ADMIT_WITHIN_MS = 30_000

export class StoreTime {
  readonly #options: StoreTimeOptions
  #offsetMs = 0

  constructor (options: StoreTimeOptions) { this.#options = options }

  /** Redis's time now, as well as it is known. */
  nowMs (): number { return this.of(this.#options.clock.nowMs()) }

  /** What Redis's clock shows when the gateway's shows this. */
  of (gatewayMs: number): number { return gatewayMs + this.#offsetMs }

  /** What scripts take for the time in the place of Redis's clock. */
  told (): number | undefined { return this.#options.told?.nowMs() }

  /** @throws LedgerUnavailable if the clocks differ so much that windows would be others than they are */
  check (): void {
    if (Math.abs(this.#offsetMs) <= ADMIT_WITHIN_MS) return
    throw new LedgerUnavailable(new Error(`the clocks of the gateway and of Redis differ by ${this.#offsetMs} ms`), { untouched: true })
  }

  /** Compares the clocks. @throws LedgerUnavailable */
  async measure (): Promise<void> {
    const { link, names, clock, told, log } = this.#options
    const sentMs = clock.nowMs()
    const [seconds, microseconds] = timeReply.parse(await run(link, 'time', { keys: [names.ledger], about: '' }))
    if (told !== undefined) return
    const middleMs = (sentMs + clock.nowMs()) / 2
    this.#offsetMs = Math.round(Number(seconds) * 1000 + Number(microseconds) / 1000 - middleMs)
    if (Math.abs(this.#offsetMs) > WARN_BEYOND_MS) log.warn({ offset_ms: this.#offsetMs }, 'the clocks of gateway and Redis differ')
  }
}
