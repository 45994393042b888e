// Where the lines of the log go: written through, and kept for a while when they cannot be.
import { writeSync } from 'node:fs'
import sonicBoom from 'sonic-boom'

/** So much of a log that cannot be written is kept, in characters: a few thousand lines. */
const KEPT_MAX = 1_048_576

/**
 * A log that cannot be written (a full disk, a pipe that nobody reads) must not make a paid task look failed: the ledger has it. The stream keeps what it
 * could not write, and tries again with each line; past the bound lines are lost, and counted. Not `pino.destination`: that one is silent for good
 * after a broken pipe.
 * @param destination a path, or the number of an open file
 * @param complain is told when the log cannot be written, and when it can be again; never of a second line
 */
export function openSink (destination: string | number, complain = sayOnStderr): { write (line: string): void } {
  const stream = new sonicBoom.SonicBoom({ dest: destination, sync: true, mkdir: true })
  let kept = 0
  let lost = 0

  function written (text: string): boolean {
    try {
      stream.write(text)
    } catch (error) {
      if (kept === 0) complain(`the log cannot be written: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
    if (kept > 0) complain(`the log is written again; lines lost: ${lost}`)
    kept = lost = 0
    return true
  }

  return {
    write (line) {
      // Nothing more is added to a full stream before it has written what it keeps.
      if (kept >= KEPT_MAX && !written('')) lost++
      else if (!written(line)) kept += line.length
    }
  }
}

/** Not by `process.stderr`, whose reader may have gone together with the log's: that would end the gateway. */
function sayOnStderr (complaint: string): void {
  try {
    writeSync(2, `${complaint}\n`)
  } catch {
    // There is nobody left to tell.
  }
}
