// An upstream of bare sockets: a test decides what happens to each request, byte by byte.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request that arrived completely, and the socket on which it did. */
export type RawRequest = { head: string, body: string, socket: Socket, number: number }

export type RawServer = {
  origin: string
  /** every byte that arrived, of all connections */
  received (): string
  connections (): number
  /** the requests that arrived completely */
  requests: RawRequest[]
  /** Resolves when that many requests have arrived completely. */
  arrived (count: number): Promise<void>
  /** Resolves when that many connections are closed. */
  closed (count: number): Promise<void>
}

/** A port on which a server answers requests as `answer` does; without one it reads and says nothing. */
export async function rawServer (answer: (request: RawRequest) => void = () => {}): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const requests: RawRequest[] = []
  let received = ''
  let connections = 0
  const arrivals = counter()
  const ends = counter()

  const server = createServer(socket => {
    connections++
    sockets.add(socket)
    let rest = ''
    socket.on('data', chunk => {
      received += chunk.toString('latin1')
      rest += chunk.toString('latin1')
      for (let request = firstOf(rest); request !== undefined; request = firstOf(rest)) {
        rest = rest.slice(request.length)
        const arrived = { head: request.head, body: request.body, socket, number: requests.length + 1 }
        requests.push(arrived)
        answer(arrived)
        arrivals.add()
      }
    })
    socket.on('error', () => {})
    socket.on('close', ends.add)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => new Promise<void>(resolve => {
    for (const socket of sockets) socket.destroy()
    server.close(() => resolve())
  }))
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    received: () => received,
    connections: () => connections,
    requests,
    arrived: arrivals.reached,
    closed: ends.reached
  }
}

/** Counts, and tells when it has counted that far. */
function counter (): { add: () => void, reached: (count: number) => Promise<void> } {
  let counted = 0
  let waiting: Array<{ count: number, done: () => void }> = []
  return {
    add () {
      counted++
      for (const { count, done } of waiting) if (counted >= count) done()
      waiting = waiting.filter(({ count }) => counted < count)
    },
    reached: count => new Promise(resolve => {
      if (counted >= count) resolve()
      else waiting.push({ count, done: resolve })
    })
  }
}

/** The first complete request of a text: its head ends with an empty line, its body is as long as it says. */
function firstOf (text: string): { head: string, body: string, length: number } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const bodyLength = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
  const length = end + 4 + bodyLength
  return text.length < length ? undefined : { head, body: text.slice(end + 4, length), length }
}

/** A whole answer as HTTP/1.1 writes it. */
export function httpAnswer (status: number, body: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers })
  return `HTTP/1.1 ${status} Whatever\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

/** A port on which nobody listens. */
export async function refusedPort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

export function portOf (server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}
