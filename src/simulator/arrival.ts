// Reads a request from the wire, whole, into the plain value that everything behind works with.

import type { IncomingMessage } from 'node:http'

const BODY_BYTES_MAX = 1024 * 1024

export type Arrival = {
  method: string
  url: string                      // as it was sent
  path: string                     // without query, and with one leading slash, as one of the provider's clients sends two
  query: URLSearchParams
  headers: Record<string, string>  // lower-cased names
  text: string                     // the body
}

export type ReadArrival =
  | { kind: 'arrived', arrival: Arrival }
  | { kind: 'too-large', path: string }
  | { kind: 'aborted' }

/** The path of a request, without its query. */
export function pathOf (request: IncomingMessage): string {
  const [pathname = ''] = (request.url ?? '/').split('?')
  return pathname.replace(/^\/+/, '/')
}

/** The request, or why there is none: a body over 1 MB, or a client that went away while sending. */
export async function readArrival (request: IncomingMessage): Promise<ReadArrival> {
  const url = request.url ?? '/'
  const [, ...queries] = url.split('?')
  const path = pathOf(request)

  const body = await readBody(request)
  if (body === 'aborted') return { kind: 'aborted' }
  if (body === 'too-large') return { kind: 'too-large', path }

  const query = new URLSearchParams(queries.join('?'))
  const headers = flatten(request.headers)
  return { kind: 'arrived', arrival: { method: request.method ?? 'GET', url, path, query, headers, text: body.toString('utf8') } }
}

// Reads a body that is too large to its end, and drops the rest: a client that still sends would see a reset, not the answer.
async function readBody (request: IncomingMessage): Promise<Buffer | 'too-large' | 'aborted'> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of request) {
      sizeBytes += chunk.length
      if (sizeBytes <= BODY_BYTES_MAX) chunks.push(chunk)
    }
  } catch {
    return 'aborted'
  }
  return sizeBytes > BODY_BYTES_MAX ? 'too-large' : Buffer.concat(chunks)
}

function flatten (headers: IncomingMessage['headers']): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = String(value)
  }
  return flat
}
