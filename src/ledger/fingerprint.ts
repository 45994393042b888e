// A short name for "the same request".
import { hash } from 'node:crypto'

/**
 * SHA-256, hexadecimal, of a route and a body in normal form, before policies decide what it leaves open. Two bodies that ask for the same
 * have the same fingerprint, however they were written; it is kept in place of the prompt.
 */
export function fingerprintOf (model: string, body: Readonly<Record<string, string | number | boolean>>): string {
  const sorted = Object.entries(body).sort(([a], [b]) => a < b ? -1 : 1)
  return hash('sha256', JSON.stringify([model, sorted]))
}
