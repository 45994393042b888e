// The answers that stand in for the provider's work: its own refusal, the page of a proxy before it, a redirect.

import { STATUS_CODES } from 'node:http'
import type { Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import type { Refusal } from './faults.ts'
import { MOVED } from './route.ts'
import { statusProblem } from './status-problem.ts'

/** The answer of a refusal. */
export function refuse (refusal: Refusal, { path }: Arrival): Answer {
  switch (refusal.kind) {
    case 'status': return statusProblem(refusal.status, path)
    case 'html': return proxyPage(refusal.status)
    // 307 keeps the method and the body: a client that follows it sends the create a second time.
    case 'redirect': return { status: 307, headers: { location: MOVED + path }, body: Buffer.alloc(0) }
  }
}

// As nginx writes it.
function proxyPage (status: number): Answer {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>'
  ]
  return { status, headers: { 'content-type': 'text/html' }, body: Buffer.from(lines.map(line => `${line}\r\n`).join('')) }
}
