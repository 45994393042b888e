// One HTTP exchange with a deadline, and what is certain about it afterwards.
import type { Dispatcher } from 'undici'

export type ExchangeRequest = {
  origin: string
  path: string
  method: 'GET' | 'POST' | 'DELETE'
  headers: Record<string, string>
  body: string | null
  /** asked when the bytes are about to leave: if so they stay */
  isLate?: () => boolean
}

export type Answer = { status: number, headers: Readonly<Record<string, string | string[] | undefined>>, text: string }

/** `sent` means that the bytes were handed to a connected socket; waiting for a connection is not sending. */
export type Exchange =
  | { kind: 'answered', answer: Answer }
  | { kind: 'unsent', cause: Error }
  | { kind: 'unknown', cause: Error }

const ANSWER_BYTES_MAX = 1_048_576

/** Sends once, never follows a redirect, and answers by the deadline; the text of a redirect or a 4xx may be cut. Never throws. */
export function exchange (dispatcher: Dispatcher, { isLate, ...request }: ExchangeRequest, timeoutMs: number): Promise<Exchange> {
  return new Promise(resolve => {
    let controller: Dispatcher.DispatchController | undefined
    let over = false
    let status = 0
    let headers: Answer['headers'] = {}
    let bytes = 0
    const chunks: Buffer[] = []

    const finish = (result: Exchange): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      resolve(result)
    }
    const answer = (): void => finish({ kind: 'answered', answer: { status, headers, text: Buffer.concat(chunks).toString('utf8') } })
    const fail = (cause: Error): void => {
      // A no is one by its status; what is missing of its text are words.
      if (status >= 300 && status < 500) answer()
      else finish({ kind: controller === undefined ? 'unsent' : 'unknown', cause })
    }
    const giveUp = (cause: Error): void => {
      fail(cause)
      controller?.abort(cause)
    }
    // undici's own timeouts do not cover waiting for a connection.
    const timer = setTimeout(() => giveUp(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)

    try {
      dispatcher.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, {
        onRequestStart (started) {
          // Given up while it waited: aborted here, nothing is written.
          if (over) return started.abort(new Error('given up before it was sent'))
          if (isLate?.() === true) return started.abort(new Error('too late to be sent'))
          controller = started
        },
        onResponseStart (_controller, statusCode, responseHeaders) {
          status = statusCode
          headers = responseHeaders
        },
        onResponseData (_controller, chunk) {
          bytes += chunk.length
          if (bytes > ANSWER_BYTES_MAX) return giveUp(new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`))
          chunks.push(chunk)
        },
        onResponseEnd: answer,
        onResponseError (_controller, error) { fail(error) }
      })
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** A header that occurs once. */
export function headerOf ({ headers }: Answer, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

export function isSuccess ({ status }: Answer): boolean { return status >= 200 && status < 300 }
