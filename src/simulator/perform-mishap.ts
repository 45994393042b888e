// How each mishap is made at the socket.

import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { send, sendHalf, type Answer } from './answer.ts'
import type { Mishap } from './faults.ts'
import type { HeldAnswers } from './held-answers.ts'

export type MishapTo = {
  mishap: Mishap
  response: ServerResponse
  answer: Answer    // what the provider would have said
  held: HeldAnswers
}

/** Lets the mishap happen to the answer. */
export function performMishap ({ mishap, response, answer, held }: MishapTo): void {
  const { socket } = response.req
  switch (mishap.kind) {
    case 'late': return sendLate(response, answer, mishap.delayMs)
    case 'hold': return held.hold(response, answer)
    case 'reset':
      socket.resetAndDestroy()
      return
    case 'cut': return sendHalf(response, answer)
    case 'not-json': return send(response, { ...answer, body: Buffer.from('the request was handed to a worker\n') })
    case 'no-id': return send(response, withoutId(answer))
    case 'close-on-reuse':
      response.once('finish', () => closeOnNextBytes(socket))
      return send(response, answer)
  }
}

function sendLate (response: ServerResponse, answer: Answer, delayMs: number): void {
  const timer = setTimeout(() => send(response, answer), delayMs)
  response.once('close', () => clearTimeout(timer))
}

function withoutId (answer: Answer): Answer {
  const body: unknown = JSON.parse(answer.body.toString('utf8'), (key, value) => key === 'id' || key === 'task_id' ? undefined : value)
  return { ...answer, body: Buffer.from(JSON.stringify(body)) }
}

// Without the listeners of node:http nothing that comes next on this connection is read as a request.
function closeOnNextBytes (socket: Socket): void {
  socket.removeAllListeners('data')
  socket.once('data', () => socket.destroy())
}
