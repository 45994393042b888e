// Status words of MuleRouter that nobody knows: each of them is logged once, all of them are counted.
import type { Log } from '../kernel/log.ts'

/** Whoever sends new words for ever fills no memory, and no log. */
const WORDS_MAX = 100
const CHARACTERS_MAX = 64

/** What is to be told of every such word. */
export function noticeUnknownWords (log: Log, count: () => void): (word: string) => void {
  const words = new Set<string>()
  return word => {
    count()
    const shown = word.slice(0, CHARACTERS_MAX)
    if (words.has(shown) || words.size === WORDS_MAX) return
    words.add(shown)
    log.warn({ word: shown }, 'MuleRouter says a status that nobody knows')
  }
}
