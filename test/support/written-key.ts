// Keys as CONTRACT §4 describes them, written down a second time so that the gateway's own way can be wrong.
import { randomInt } from 'node:crypto'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A key with the right checksum that no gateway ever minted. */
export function inventedKey (mode: 'live' | 'test' = 'live'): string {
  const random = Array.from({ length: 30 }, () => BASE62.charAt(randomInt(62))).join('')
  return withChecksum(`mg_${mode}_${random}`)
}

/** Adds six base62 digits of the CRC-32 over all that precedes them, left-padded with `0`. */
export function withChecksum (text: string): string {
  let rest = BigInt(crc32(text))
  let digits = ''
  for (let place = 0; place < 6; place++) {
    digits = BASE62.charAt(Number(rest % 62n)) + digits
    rest /= 62n
  }
  return text + digits
}

/** The same text with another last character. */
export function withWrongChecksum (key: string): string {
  return key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
}

/** CRC-32 (ISO 3309), bit by bit. */
function crc32 (text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
