// One command to one server, over a connection of its own: for setting things up and for looking what became of them.
import { Redis } from 'ioredis'
import { z } from 'zod'

const ANSWER_MS = 5000

export type Address = {
  host: string
  port: number
  /** how long it may take to connect, and then to reply */
  answerMs?: number
}

/** Sends the command, once, and resolves to the reply in its RESP2 shape. Throws Redis's error, or that it was silent for too long. */
export async function askRedis ({ host, port, answerMs = ANSWER_MS }: Address, command: string, ...words: Array<string | number>): Promise<unknown> {
  const client = new Redis({
    host,
    port,
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    connectTimeout: answerMs,
    commandTimeout: answerMs,
    retryStrategy: () => null
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.call(command, words)
  } finally {
    client.disconnect()
  }
}

/** The same for a reply that is text. */
export async function askRedisText (server: Address, command: string, ...words: Array<string | number>): Promise<string> {
  return z.string().parse(await askRedis(server, command, ...words))
}
