// A MuleRouter that answers a create when the test says so, and not before.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type LateUpstream = {
  origin: string
  /** the next create that has arrived and waits for its answer */
  arrived (): Promise<HeldCreate>
  /** how many creates have arrived */
  creates (): number
}

export type HeldCreate = { accept (taskId: string): void }

/** Starts one on a free port; it is closed when the test ends. */
export async function startLateUpstream (): Promise<LateUpstream> {
  const held: HeldCreate[] = []
  const waiting: Array<(create: HeldCreate) => void> = []
  let creates = 0

  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      creates++
      const create: HeldCreate = { accept: taskId => accept(response, taskId) }
      const next = waiting.shift()
      if (next === undefined) held.push(create)
      else next(create)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    const closed = once(server.close(), 'close')
    server.closeAllConnections()
    await closed
  })

  return {
    origin: `http://127.0.0.1:${portOf(server.address())}`,
    creates: () => creates,
    arrived: () => new Promise(resolve => {
      const first = held.shift()
      if (first === undefined) waiting.push(resolve)
      else resolve(first)
    })
  }
}

function accept (response: ServerResponse, taskId: string): void {
  const now = new Date().toISOString()
  response.writeHead(202, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ task_info: { id: taskId, status: 'pending', created_at: now, updated_at: now } }))
}

function portOf (address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}
