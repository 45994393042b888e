// A proxy in front of a Redis that counts commands and round trips, and that fails as networks do when a test says so.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { HOST } from './redis-server.ts'
import { countRoundTrips } from './round-trips.ts'

const REDIS_PORT = 6379

export type CountingProxy = {
  /** the URL that was given, but with the proxy's address */
  url: string
  port: number
  /** such as `GET`, `EVALSHA 1b936e…`, `CLIENT SETINFO`, since the start or the last reset, in the order in which they came */
  readonly commands: readonly string[]
  /** the longest chain of commands of which each was sent after the reply to the one before, since the start or the last reset */
  readonly roundTrips: number
  /** Begins to count anew. */
  reset (): void
  /** From now on nothing passes in either direction, and no connection ends. */
  stall (): void
  /** From now on commands pass, and replies are lost. */
  dropReplies (): void
  /** Ends a stall or a loss. What was held back passes; a connection that lost a reply is reset, because its replies no longer fit its commands. */
  resume (): void
  /** Resets all connections of now; new ones are taken. */
  cut (): void
  /** Resets all connections, and takes no more. */
  stop (): Promise<void>
}

type Fault = 'none' | 'stall' | 'drop-replies'
type Pair = { client: Socket, redis: Socket, lostReply: boolean }

/** Starts a proxy in front of the Redis of a `redis:` URL. While that cannot be reached, clients are disconnected. */
export async function startCountingProxy (redisUrl: string): Promise<CountingProxy> {
  const target = new URL(redisUrl)
  const counter = countRoundTrips()
  const pairs = new Set<Pair>()
  let fault: Fault = 'none'

  const server = createServer({ noDelay: true }, client => {
    const redis = connect({ host: target.hostname, port: Number(target.port || REDIS_PORT), noDelay: true })
    const pair: Pair = { client, redis, lostReply: false }
    const connection = counter.connection()
    pairs.add(pair)
    client.on('data', (data: string | Buffer) => {
      const chunk = Buffer.from(data)
      connection.sent(chunk)
      redis.write(chunk)
    })
    redis.on('data', (data: string | Buffer) => {
      if (fault === 'drop-replies') {
        pair.lostReply = true
        return
      }
      const chunk = Buffer.from(data)
      connection.answered(chunk)
      client.write(chunk)
    })
    redis.on('error', () => {}).on('close', () => client.end())
    client.on('error', () => {}).on('close', () => {
      pairs.delete(pair)
      redis.destroy()
    })
    if (fault === 'stall') pause(pair)
  })

  function cut (): void { for (const pair of pairs) reset(pair) }
  function begin (next: Fault): void {
    fault = next
    for (const pair of pairs) next === 'stall' ? pause(pair) : unpause(pair)
  }

  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port')
  const url = new URL(redisUrl)
  url.hostname = HOST
  url.port = String(address.port)

  return {
    url: url.href,
    port: address.port,
    get commands () { return counter.commands },
    get roundTrips () { return counter.roundTrips },
    reset: () => counter.reset(),
    stall: () => begin('stall'),
    dropReplies: () => begin('drop-replies'),
    resume () {
      for (const pair of pairs) if (pair.lostReply) reset(pair)
      begin('none')
    },
    cut,
    async stop () {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    }
  }
}

function reset ({ client, redis }: Pair): void {
  client.resetAndDestroy()
  redis.destroy()
}

function pause ({ client, redis }: Pair): void {
  client.pause()
  redis.pause()
}

function unpause ({ client, redis }: Pair): void {
  client.resume()
  redis.resume()
}
