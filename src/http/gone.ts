// Notices a caller that goes away before its answer is written.
import type { ServerResponse } from 'node:http'

/** A signal that aborts when the connection closes and the answer is not out yet. */
export function goneSignal (response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Calls the listener when nobody is there any more who could be told anything: the answer is out, or its caller has gone; at once if that was before. */
export function whenOver (response: ServerResponse, listener: () => void): void {
  if (response.closed) listener()
  else response.on('close', listener)
}
