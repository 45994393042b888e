// Finds the frames in a stream of Redis's protocol, RESP2 or RESP3, in either direction: https://redis.io/docs/latest/develop/reference/protocol-spec/

export type RespFrame = {
  /** the first byte, such as `*`, `+` or `>`; of a command that is written as a plain line, its first letter */
  type: string
  /** the first texts in it: of a command its name and its first argument */
  words: string[]
}

const WORDS_KEPT = 2
const LINE_END = '\r\n'
const TYPES = '$=!*~>%|+-:_#,('

/** A reader for one direction of one connection: given the bytes as they come, it returns the frames that they complete. */
export function respReader (): (chunk: Buffer) => RespFrame[] {
  let rest = Buffer.alloc(0)
  let frame: RespFrame = { type: '', words: [] }
  /** elements of the frame that are still to come */
  let missing = 1
  /** size of the text that comes next; without one, a line comes next */
  let textBytes: number | undefined

  function readText (text: string): void {
    if (frame.words.length < WORDS_KEPT) frame.words.push(text)
    textBytes = undefined
    missing--
  }

  function readLine (line: string): void {
    const type = line.charAt(0)
    if (frame.type === '') frame.type = type
    if (!TYPES.includes(type)) return readPlainCommand(line)
    // A null is a size of -1.
    const size = Math.max(Number(line.slice(1)), 0)
    switch (type) {
      case '$': case '=': case '!':
        if (line.charAt(1) === '-') missing--
        else textBytes = size
        return
      case '*': case '~': case '>': missing += size - 1; return
      // Attributes are a frame of their own before the one that they are about.
      case '%': case '|': missing += 2 * size - 1; return
      default: missing--
    }
  }

  function readPlainCommand (line: string): void {
    frame.words.push(...line.split(' ').slice(0, WORDS_KEPT))
    missing = 0
  }

  return chunk => {
    rest = Buffer.concat([rest, chunk])
    const frames: RespFrame[] = []
    for (;;) {
      const bytes = textBytes ?? rest.indexOf(LINE_END)
      if (bytes === -1 || rest.length < bytes + LINE_END.length) return frames
      const text = rest.toString('utf8', 0, bytes)
      rest = rest.subarray(bytes + LINE_END.length)
      if (textBytes === undefined) readLine(text)
      else readText(text)
      if (missing > 0) continue
      frames.push(frame)
      frame = { type: '', words: [] }
      missing = 1
    }
  }
}
