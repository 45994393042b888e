// Counts what passes between clients and a Redis: commands, and how often somebody had to wait for a reply before the next command.
import { respReader } from './resp-frames.ts'

/** Commands whose name says too little without the next word: the script, the function, or what is done. */
const TWO_WORDS = new Set(['EVALSHA', 'EVALSHA_RO', 'FCALL', 'FCALL_RO', 'SCRIPT', 'FUNCTION', 'CLIENT', 'CLUSTER', 'CONFIG', 'SENTINEL', 'COMMAND', 'MEMORY'])
const LOWER_CASE_SECOND = new Set(['EVALSHA', 'EVALSHA_RO', 'FCALL', 'FCALL_RO'])
/** They are answered by pushes, or by as many replies as there are channels. */
const NOT_ANSWERED_ONCE = /^[PS]?(UN)?SUBSCRIBE$/
/** frames that no command asked for: pushes and attributes */
const NO_REPLIES = new Set(['>', '|'])

export type Connection = {
  /** bytes of the client, before they are passed on */
  sent (chunk: Buffer): void
  /** bytes of Redis, before they are passed on */
  answered (chunk: Buffer): void
}

export type RoundTrips = {
  /** the commands since the start or the last reset, in the order in which they came */
  readonly commands: readonly string[]
  /**
   * The longest chain of commands of which each was sent after the reply to the one before. A batch that is sent at once is one round trip,
   * as are commands side by side; what is still to be answered at a reset counts for nothing after it.
   */
  readonly roundTrips: number
  reset (): void
  /** begins to count on one more connection */
  connection (): Connection
}

/** A counter for any number of connections to one Redis. */
export function countRoundTrips (): RoundTrips {
  let commands: string[] = []
  let roundTrips = 0
  /** length of the longest chain that is answered */
  let answered = 0
  let resets = 0

  return {
    get commands () { return commands },
    get roundTrips () { return roundTrips },
    reset () {
      commands = []
      roundTrips = answered = 0
      resets++
    },
    connection () {
      const readSent = respReader()
      const readAnswered = respReader()
      const waiting: Array<{ chain: number, resets: number }> = []
      return {
        sent (chunk) {
          for (const { words } of readSent(chunk)) {
            const name = nameOf(words)
            commands.push(name)
            roundTrips = Math.max(roundTrips, answered + 1)
            if (!NOT_ANSWERED_ONCE.test(name)) waiting.push({ chain: answered + 1, resets })
          }
        },
        answered (chunk) {
          for (const { type } of readAnswered(chunk)) {
            const command = NO_REPLIES.has(type) ? undefined : waiting.shift()
            if (command?.resets === resets) answered = Math.max(answered, command.chain)
          }
        }
      }
    }
  }
}

/** Such as `GET`, `EVALSHA 1b936e…`, `CLIENT SETINFO`. */
function nameOf ([first = '', second = '']: readonly string[]): string {
  const name = first.toUpperCase()
  if (!TWO_WORDS.has(name)) return name
  return `${name} ${LOWER_CASE_SECOND.has(name) ? second : second.toUpperCase()}`
}
