// Under which origin the caller reached the simulator.

import type { Arrival } from './arrival.ts'

/** `http://` and the Host header, which HTTP/1.1 demands and node:http enforces. */
export function requestOrigin (arrival: Arrival): string {
  return `http://${arrival.headers.host ?? 'localhost'}`
}
