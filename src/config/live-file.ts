// A secret whose file may change while the gateway runs: used at once if it is good, refused loudly and once if it is not.
import { statSync, type BigIntStats } from 'node:fs'
import type { z } from 'zod'
import type { Live } from '../kernel/live.ts'
import type { Log } from '../kernel/log.ts'
import { Secret } from '../kernel/secret.ts'
import { reason } from './files.ts'
import { readSecretFile, type SecretFile } from './secret-files.ts'

export type LiveFileOptions<Value> = {
  /** such as `ADMIN_TOKEN_FILE` */
  variable: string
  file: SecretFile
  /** what it holds now */
  value: Value
  schema: z.ZodType<Value, string>
  /** Why a value that is well-formed may not take the place of the one before; undefined if it may. */
  forbids? (next: Value, before: Value): string | undefined
  /** names for people, which tell nothing of the secret */
  names (value: Value): readonly string[]
  log: Log
}

/** What a file held, or why it cannot be read. */
type Content = { text: string } | { problem: string }

/**
 * Two changes within one tick of the file system's clock may leave a file with the same size and times. So what the system says of a file
 * that was changed a moment ago is not believed, and it is read at each use; git calls such a file racily clean. Two seconds are the coarsest
 * clock that file systems have.
 */
const BELIEVED_AFTER_MS = 2000
const BYTES_MAX = 1_048_576n

export class LiveFile<Value> implements Live<Value> {
  readonly #options: LiveFileOptions<Value>
  #value: Value
  /** the content that the value was read from */
  #text: Secret
  /** what the system said of the file when it was read; undefined if that is not to be believed */
  #facts: string | undefined
  /** the content that was refused last, if it still stands there */
  #refused: Secret | undefined

  constructor (options: LiveFileOptions<Value>) {
    this.#options = options
    this.#value = options.value
    this.#text = options.file.text
  }

  current (): Value {
    const stats = statOf(this.#options.file.path)
    if (this.#facts === undefined || factsOf(stats) !== this.#facts) this.#read(stats)
    return this.#value
  }

  refreshed (): Value {
    this.#read(statOf(this.#options.file.path))
    return this.#value
  }

  #read (stats: BigIntStats | undefined): void {
    // Taken before the file is read: what is written in between has later times, or is too young to be believed.
    this.#facts = isYoung(stats) ? undefined : factsOf(stats)
    const content = contentOf(this.#options.file.path, stats)
    if ('problem' in content) return this.#refuse(content.problem, content.problem)
    if (content.text === this.#text.reveal()) return this.#keep()

    const parsed = this.#options.schema.safeParse(content.text)
    if (!parsed.success) return this.#refuse(content.text, content.text === '' ? 'is empty' : parsed.error.issues.map(({ message }) => message).join('; '))
    const forbidden = this.#options.forbids?.(parsed.data, this.#value)
    if (forbidden !== undefined) return this.#refuse(content.text, forbidden)
    this.#replace(parsed.data, content.text)
  }

  /** @param content by which the next look knows that nothing has changed, and says nothing */
  #refuse (content: string, problem: string): void {
    if (this.#refused?.reveal() === content) return
    this.#refused = new Secret(content)
    this.#options.log.error({ variable: this.#options.variable, problem }, 'secret file refused, the old secret is kept')
  }

  #keep (): void {
    if (this.#refused !== undefined) this.#options.log.info({ variable: this.#options.variable }, 'secret file mended, as it was')
    this.#refused = undefined
  }

  #replace (value: Value, text: string): void {
    const { variable, names, log } = this.#options
    const [from, to] = [names(this.#value), names(value)]
    this.#value = value
    this.#text = new Secret(text)
    this.#refused = undefined
    log.info({ variable, from, to }, 'secret rotated')
  }
}

/** Whether there is something to follow: what a pipe has told is told once. */
export function canChange (path: string): boolean {
  const stats = statOf(path)
  return stats === undefined || stats.isFile() || stats.isDirectory()
}

/** Of the file that a link leads to; undefined if there is none, or nobody may look. */
function statOf (path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function factsOf (stats: BigIntStats | undefined): string {
  return stats === undefined ? '' : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}

/** By the system's clock, whose times files have. */
function isYoung (stats: BigIntStats | undefined): boolean {
  if (stats === undefined) return false
  const changedMs = Number(stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs)
  return changedMs > Date.now() - BELIEVED_AFTER_MS
}

function contentOf (path: string, stats: BigIntStats | undefined): Content {
  // A pipe or a device could be waited for without end.
  if (stats !== undefined && !stats.isFile() && !stats.isDirectory()) return { problem: 'is no regular file' }
  if (stats !== undefined && stats.size > BYTES_MAX) return { problem: 'is longer than any secret' }
  try {
    return { text: readSecretFile(path) }
  } catch (error) {
    return { problem: `cannot be read (${reason(error)})` }
  }
}
