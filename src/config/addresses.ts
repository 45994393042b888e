// Addresses and ranges of the network, as variables name them.
import { isIP } from 'node:net'
import { z } from 'zod'

/** Addresses and ranges, comma-separated. */
export function readRanges (text: string, context: z.RefinementCtx): string[] {
  const parts = text.split(',').map(part => part.trim())
  if (parts.every(isRange)) return parts
  context.addIssue({ code: 'custom', message: 'must be addresses and ranges, for example 127.0.0.0/8,10.0.0.0/8' })
  return z.NEVER
}

/** As Fastify's option: true, false, a number of hops, or addresses and ranges. */
export function readTrustProxy (text: string, context: z.RefinementCtx): boolean | number | string[] {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^\d{1,3}$/.test(text)) return Number(text)
  const parts = text.split(',').map(part => part.trim())
  if (!parts.every(isAddressRange)) {
    context.addIssue({ code: 'custom', message: 'must be true, false, a number of hops, or addresses and ranges, for example 127.0.0.1,10.0.0.0/8' })
  }
  return parts
}

function isAddressRange (text: string): boolean {
  return ['loopback', 'linklocal', 'uniquelocal'].includes(text) || isRange(text)
}

function isRange (text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const bitsMax = isIP(address) === 4 ? 32 : 128
  return isIP(address) !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= bitsMax))
}
