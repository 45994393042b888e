// Opens a simulator for one test, with a clock that the test sets and a client that says little.

import { onTestFinished } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'

export const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
export const TOKEN = 'mr-first-token'
export const OTHER_TOKEN = 'mr-second-token'
export const START_MS = Date.UTC(2026, 8, 21, 8, 23, 12, 657)
export const PENDING_MS = 2000
export const PROCESSING_MS = 5000
export const ENDED_MS = START_MS + PENDING_MS + PROCESSING_MS

export type Reply = { status: number, headers: Headers, body: unknown }

export type Opened = {
  simulator: Simulator
  setTime: (timeMs: number) => void
  call: (path: string, init?: RequestInit) => Promise<Reply>  // without a token
  create: (body: unknown, token?: string) => Promise<Reply>
  createId: (prompt: string) => Promise<string>
  read: (taskId: string, token?: string) => Promise<Reply>
  remove: (taskId: string, token?: string) => Promise<Reply>
}

/** A simulator on a free port that stands at START_MS until told otherwise, and is closed when the test ends. */
export async function openSimulator (timings = { pendingMs: PENDING_MS, processingMs: PROCESSING_MS }): Promise<Opened> {
  let nowMs = START_MS
  const simulator = await startSimulator({ tokens: [TOKEN, OTHER_TOKEN], ...timings, now: () => nowMs })
  onTestFinished(simulator.close)

  async function call (path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(simulator.origin + path, init)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  function create (body: unknown, token = TOKEN): Promise<Reply> {
    return call(GENERATION, { method: 'POST', headers: bearer(token), body: typeof body === 'string' ? body : JSON.stringify(body) })
  }

  return {
    simulator,
    setTime: timeMs => { nowMs = timeMs },
    call,
    create,
    createId: async prompt => textAt((await create({ prompt })).body, 'task_info', 'id'),
    read: (taskId, token = TOKEN) => call(`${GENERATION}/${taskId}`, { headers: bearer(token) }),
    remove: (taskId, token = TOKEN) => call(`${GENERATION}/${taskId}`, { method: 'DELETE', headers: bearer(token) })
  }
}

/** The headers that the provider's clients send, on a GET and a DELETE too. */
export function bearer (token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
}

/** The string at these keys of a JSON value. Throws if there is none. */
export function textAt (value: unknown, ...keys: Array<string | number>): string {
  const found = keys.reduce((inner: unknown, key) => new Map<unknown, unknown>(Object.entries(Object(inner))).get(String(key)), value)
  if (typeof found !== 'string') throw new Error(`no text at ${keys.join('.')} of ${JSON.stringify(value)}`)
  return found
}
