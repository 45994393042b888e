// Server-sent events, as the HTML standard defines them: https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** One event; `id` comes back as Last-Event-ID when the caller connects anew. */
export type ServerEvent = { id: string, event: string, data: unknown }

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-store, no-transform',
  // Nothing follows a stream on its connection, which would else keep a stopping gateway waiting.
  connection: 'close',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no'
} as const

/** Shorter than the idle timeouts of usual proxies. */
const HEARTBEAT_MS = 15_000
/** More than a reader leaves unread who reads at all: many days of heartbeats, or more changes than a task has. */
const UNREAD_BYTES_MAX = 65_536
/** How soon a client should connect anew whose stream broke. */
const RETRY_MS = 3000

/**
 * An answer of events, with a comment now and then that keeps the connection alive. It writes to the response itself: a stream that is piped into it
 * would be some kB more, ten thousand times. Hooks before sending do not see it; ours only says `connection: close`, which is here already.
 */
export class EventStream {
  readonly #response: ServerResponse
  readonly #heartbeat: NodeJS.Timeout

  /** Begins the answer, with the headers that it has by now. Whoever begins it ends it, also when its reader has gone. */
  constructor (reply: FastifyReply) {
    this.#response = reply.headers(HEADERS).hijack().raw
    // Copied, because Node's type of headers is another.
    this.#response.writeHead(200, Object.fromEntries(Object.entries(reply.getHeaders())))
    // Node keeps the head for as long as the answer: written by itself it is one string, and dozens of pieces no more.
    this.#response.flushHeaders()
    this.#write(`retry: ${RETRY_MS}\n\n`)
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS)
  }

  send ({ id, event, data }: ServerEvent): void { this.#write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`) }

  end (): void {
    clearInterval(this.#heartbeat)
    if (!this.#response.destroyed) this.#response.end()
  }

  /** A reader who does not read is let go: nothing grows for him. */
  #write (text: string): void {
    if (this.#response.writableLength > UNREAD_BYTES_MAX) this.#response.destroy()
    else this.#response.write(text)
  }
}
