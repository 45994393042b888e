// A client that is nothing but a socket, and sees what is on the wire and how the connection ends.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { GENERATION, TOKEN } from './open-simulator.ts'

export type RawClient = {
  socket: Socket
  text: () => string                            // all that has come so far
  until: (pattern: RegExp) => Promise<string>   // resolves with it when it matches; rejects if the connection ends first
  ended: Promise<'closed' | 'reset'>            // closed: by an orderly FIN; reset: by a RST
}

/** A connection to the origin, open, and closed when the test ends. */
export async function connectRaw (origin: string): Promise<RawClient> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => { socket.destroy() })
  await once(socket, 'connect')

  let text = ''
  let resetSeen = false
  socket.on('data', chunk => { text += chunk.toString('utf8') })
  socket.on('error', error => { resetSeen = 'code' in error && error.code === 'ECONNRESET' })
  const ended = new Promise<'closed' | 'reset'>(resolve => socket.once('close', () => resolve(resetSeen ? 'reset' : 'closed')))

  function until (pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => { if (pattern.test(text)) resolve(text) }
      socket.on('data', look)
      socket.once('close', () => reject(new Error(`the connection ended after ${JSON.stringify(text)}`)))
      look()
    })
  }

  return { socket, text: () => text, until, ended }
}

/** The bytes of a whole request. */
export function requestBytes (method: string, path: string, body = ''): string {
  return `${headBytes(method, path, Buffer.byteLength(body))}${body}`
}

/** The bytes of a request up to its body. */
export function headBytes (method: string, path: string, bodyBytes: number): string {
  return `${method} ${path} HTTP/1.1\r\nhost: simulator\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\ncontent-length: ${bodyBytes}\r\n\r\n`
}

/** The bytes of a create with this prompt. */
export function createBytes (prompt: string): string {
  return requestBytes('POST', GENERATION, JSON.stringify({ prompt }))
}

/** Headers and body of an answer, as they stand on the wire. */
export function splitAnswer (text: string): { head: string, body: string } {
  const at = text.indexOf('\r\n\r\n')
  return { head: text.slice(0, at), body: text.slice(at + 4) }
}
