// Guesses which known name a misspelt one stands for.
import { distance } from 'fastest-levenshtein'

/** @returns the known name that the given one most likely means, or undefined when none is close */
export function nearest (name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  const ranked = known
    .map(candidate => ({ candidate, edits: distance(wanted, plain(candidate)) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  if (best === undefined) return undefined
  const editsMax = Math.max(1, Math.floor(plain(best.candidate).length / 3))
  return best.edits <= editsMax ? best.candidate : undefined
}

function plain (name: string): string { return name.slice(0, 100).toLowerCase().replace(/[^a-z0-9]/g, '') }
