// Server-sent events, as the HTML standard defines them: https://html.spec.whatwg.org/multipage/server-sent-events.html
import { Readable } from 'node:stream'

/** One event; `id` comes back as Last-Event-ID when the caller connects anew. */
export type ServerEvent = { id: string, event: string, data: unknown }

export const EVENT_STREAM_HEADERS = {
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

/** The events as text, with a comment now and then that keeps the connection alive, until there are no more. */
export function eventStream (events: AsyncIterable<ServerEvent>): Readable {
  const stream = new Readable({ read () {} })
  stream.push(`retry: ${RETRY_MS}\n\n`)
  const heartbeat = setInterval(() => add(stream, ': still here\n\n'), HEARTBEAT_MS)
  stream.once('close', () => clearInterval(heartbeat))
  write(stream, events).catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))))
  return stream
}

/** A reader who does not read is let go: nothing grows for him. */
function add (stream: Readable, text: string): void {
  if (stream.readableLength > UNREAD_BYTES_MAX) stream.destroy()
  else stream.push(text)
}

async function write (stream: Readable, events: AsyncIterable<ServerEvent>): Promise<void> {
  for await (const { id, event, data } of events) {
    if (stream.destroyed) return
    add(stream, `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  stream.push(null)
}
