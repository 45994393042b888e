// An upstream that does what a test says: the answers, and the silences, that a real one gives on bad days.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { UPSTREAM_TOKEN } from './gateway.ts'

export type Arrived = { method: string, path: string, headers: IncomingHttpHeaders, body: string }

/** What to do with a request that was read whole. */
export type Script = (response: ServerResponse, request: Arrived) => void

export type ScriptedUpstream = {
  origin: string
  /** everything that arrived, in its order */
  requests: Arrived[]
  /** from now on */
  script: Script
  close (): Promise<void>
}

export async function startUpstream (script: Script = answer(500, 'no script')): Promise<ScriptedUpstream> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    const arrived = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') }
    upstream.requests.push(arrived)
    upstream.script(response, arrived)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the upstream listens on no port')
  const upstream: ScriptedUpstream = {
    origin: `http://127.0.0.1:${address.port}`,
    requests: [],
    script,
    async close () {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
  return upstream
}

/** An answer; an object is written as JSON, a text as HTML. */
export function answer (status: number, body: object | string, headers: Record<string, string> = {}): Script {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return response => {
    response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers }).end(text)
  }
}

/** An error in the provider's own shape. */
export function providerError (status: number, errorCode = 2001, headers: Record<string, string> = {}): Script {
  return answer(status, providerErrorBody(status, errorCode), headers)
}

export function providerErrorBody (status: number, errorCode: number) {
  return {
    status, title: `Provider title ${status}`, detail: `Provider detail ${status} (request_id: 7b0c)`, instance: '/vendors/of/the/provider', error_code: errorCode
  }
}

/** The task envelope with a new id. */
export function taskAnswer (status: number, taskId: string, taskStatus = 'pending', more: object = {}): Script {
  return answer(status, { task_info: { id: taskId, status: taskStatus, created_at: '2026-11-22T12:00:00.000000+00:00', updated_at: '2026-11-22T12:00:00.000000+00:00' }, ...more })
}

/** Variables that point a gateway to this upstream. */
export function pointingAt (origin: string, more: Record<string, string> = {}): Record<string, string> {
  return { MULEROUTER_BASE_URL: origin, MULEROUTER_API_KEY: UPSTREAM_TOKEN, ...more }
}
