// The shape of an answer, and how it is written to the wire.

import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Mishap } from './faults.ts'

export type Answer = {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** The provider's answer, and what happens to it on its way back. */
export type Reply = { answer: Answer, mishap?: Mishap | undefined }

/** An answer with this value as its JSON body. */
export function json (status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(JSON.stringify(body)) }
}

/** Writes the answer, with a W3C trace context of its own, as the provider does on every response. */
export function send (response: ServerResponse, answer: Answer): void {
  writeHead(response, answer)
  response.end(answer.body)
}

/** As `send`, but the connection is closed in the middle of the body. */
export function sendHalf (response: ServerResponse, answer: Answer): void {
  writeHead(response, answer)
  response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy())
}

function writeHead (response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': answer.body.length,
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
  })
}
