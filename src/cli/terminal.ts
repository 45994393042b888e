// Where a command writes: its result on one stream, everything else on the other.
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

export type Channel = {
  /** writes a line; what is not ours must have been made printable */
  line (text?: string): void
  /** writes as it is, and waits while the reader is slow */
  write (text: string): Promise<void>
  /** colour, where there is somebody to see it and NO_COLOR is not set */
  paint (style: Style, text: string): string
}

export type Terminal = {
  /** the result, which may be piped */
  out: Channel
  /** hints, progress and complaints */
  err: Channel
}

export function terminalOn ({ stdout, stderr }: { stdout: Writable, stderr: Writable }): Terminal {
  return { out: channel(stdout), err: channel(stderr) }
}

function channel (stream: Writable): Channel {
  return {
    line: (text = '') => { stream.write(`${text}\n`) },
    async write (text) { if (!stream.write(text)) await once(stream, 'drain') },
    // `styleText` asks the stream whether it is a terminal, and the environment whether colour is wanted.
    paint: (style, text) => styleText(style, text, { stream })
  }
}
