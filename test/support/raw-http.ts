// Bytes on a bare socket, for what no HTTP client would send.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { parse, type Reply } from './gateway.ts'

/** Opens a connection; what arrives is read as text. */
export async function openSocket (origin: string): Promise<Socket> {
  const { port, hostname } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.setEncoding('utf8')
  await once(socket, 'connect')
  return socket
}

/** Sends the bytes and reads until one whole answer with a Content-Length is there, or the other side ends. */
export async function rawCall (origin: string, text: string): Promise<Reply> {
  const socket = await openSocket(origin)
  socket.write(text)
  const [reply] = await readReplies(socket, 1)
  socket.destroy()
  if (reply === undefined) throw new Error('the connection ended without an answer')
  return reply
}

/** Reads answers that have a Content-Length, fewer if the other side ends first. */
export async function readReplies (socket: Socket, count: number): Promise<Reply[]> {
  const replies: Reply[] = []
  let rest = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    rest += chunk
    for (let whole = wholeReply(rest); whole !== undefined; whole = wholeReply(rest)) {
      replies.push(whole.reply)
      rest = rest.slice(whole.characters)
    }
    if (replies.length >= count) break
  }
  return replies
}

/** A port of the loopback address on which nobody listens. */
export async function closedPort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  server.close()
  await once(server, 'close')
  return address.port
}

function wholeReply (text: string): { reply: Reply, characters: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n')
  const headers = Object.fromEntries(lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  }))
  const rest = Buffer.from(text.slice(headEnd + 4))
  const bytes = Number(headers['content-length'] ?? 0)
  if (rest.length < bytes) return undefined
  const body = rest.subarray(0, bytes).toString('utf8')
  return { reply: { status: Number(statusLine.split(' ')[1]), headers, text: body, json: parse(body) }, characters: headEnd + 4 + body.length }
}
