// Signs the URLs of results, and checks them. A signature follows from the URL alone, so every simulator accepts every simulator's.

import { createHmac } from 'node:crypto'

// The provider does not say how long its URLs live. 24 hours is what Alibaba, behind it, documents.
const LIFE_MS = 24 * 60 * 60 * 1000

export type ResultOf = {
  taskId: string
  origin: string
  completedAtMs: number
}

/** The URL under which the result of a completed task can be had for a day. */
export function resultUrl ({ taskId, origin, completedAtMs }: ResultOf): string {
  const expires = String(Math.ceil((completedAtMs + LIFE_MS) / 1000))
  const query = new URLSearchParams({ Expires: expires, Signature: sign(taskId, expires) })
  return `${origin}/ephemeral/${taskId}/result_00.mp4?${query}`
}

/** Whether the query has this task's signature and is not past its time. */
export function isSigned (taskId: string, query: URLSearchParams, nowMs: number): boolean {
  const expires = query.get('Expires') ?? ''
  return query.get('Signature') === sign(taskId, expires) && nowMs < Number(expires) * 1000
}

// The key is no secret: it makes a guessed URL wrong, it does not keep an attacker out.
function sign (taskId: string, expires: string): string {
  return createHmac('sha256', 'mulerouter-simulator').update(`${taskId} ${expires}`).digest('hex')
}
