// Keeps the answers that a test holds back until it releases them.

import type { ServerResponse } from 'node:http'
import { send, type Answer } from './answer.ts'

export type HeldAnswers = {
  hold: (response: ServerResponse, answer: Answer) => void
  count: () => number  // how many somebody still waits for
  release: () => void  // sends them all; what is held later is held again
}

/** Nothing held yet. */
export function openHeldAnswers (): HeldAnswers {
  const held = new Map<ServerResponse, Answer>()
  return {
    hold (response, answer) {
      held.set(response, answer)
      response.once('close', () => held.delete(response))
    },
    count: () => held.size,
    release () {
      for (const [response, answer] of held) send(response, answer)
      held.clear()
    }
  }
}
