// A client that sends all commands of one turn of the event loop with one system call.
import { Redis, type Command } from 'ioredis'

type Sent = Parameters<Redis['sendCommand']>

export class GatheringRedis extends Redis {
  /** the connection whose commands are being gathered */
  #gathered: Redis['stream'] | undefined

  override sendCommand (command: Command, stream?: Sent[1]): unknown {
    this.#gather()
    return super.sendCommand(command, stream)
  }

  /** Connections come and go: what was held back is let go where it was held. */
  #gather (): void {
    const { stream } = this
    if (stream === undefined || stream === null || stream === this.#gathered) return
    this.#gathered = stream
    stream.cork()
    setImmediate(() => {
      stream.uncork()
      if (this.#gathered === stream) this.#gathered = undefined
    })
  }
}
