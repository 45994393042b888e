// A value that must never be printed.
import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

/** Holds a secret text; wherever it is printed, logged or turned into JSON it shows as `[secret]`. */
export class Secret {
  readonly #text: string

  constructor (text: string) { this.#text = text }

  /** The text itself, for the one place that needs it. */
  reveal (): string { return this.#text }

  /** Compares in a time that does not depend on where the texts differ. */
  equals (other: string): boolean { return timingSafeEqual(sha256(this.#text), sha256(other)) }

  /** Eight hexadecimal digits by which people can tell secrets apart; useless for guessing them. */
  fingerprint (): string { return sha256(`mulegate ${this.#text}`).toString('hex').slice(0, 8) }

  toString (): string { return '[secret]' }
  toJSON (): string { return '[secret]' }
  [inspect.custom] (): string { return '[secret]' }
}

function sha256 (text: string): Buffer { return createHash('sha256').update(text).digest() }
