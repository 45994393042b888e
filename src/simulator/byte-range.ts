// Reads a Range header that asks for one range of bytes (RFC 9110, section 14).

export type ByteRange =
  | { kind: 'whole' }
  | { kind: 'part', first: number, last: number }  // both inclusive
  | { kind: 'unsatisfiable' }

/** Which bytes of `sizeBytes` the header asks for. What is no single range of bytes is ignored, as the standard allows. */
export function readByteRange (header: string | undefined, sizeBytes: number): ByteRange {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || from + to === '') return { kind: 'whole' }

  // `bytes=-500` means the last 500.
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from)
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  if (from !== '' && to !== '' && Number(to) < Number(from)) return { kind: 'whole' }
  if (first > last) return { kind: 'unsatisfiable' }
  return { kind: 'part', first, last }
}
