// Reads the markers `[[name]]` and `[[name=value]]` with which a prompt asks the simulator to misbehave.

import { readFault, type Mishap, type Refusal } from './faults.ts'
import type { Fate } from './task-id.ts'

/** What the markers of one prompt ask for; of several of a kind, the first counts. */
export type Markers = {
  fate: Fate                           // what becomes of the task
  fault: Refusal | Mishap | undefined  // what happens to the create
}

const FATES = new Map<string, Fate>([
  ['fail', 'fails'],
  ['never-ends', 'never-ends'],
  ['forgotten', 'forgotten'],
  ['synonyms', 'synonyms'],
  ['unknown-word', 'unknown-word'],
  ['no-media', 'no-media'],
  ['other-id', 'other-id']
])

const MARKER = /\[\[([a-z-]+)(?:=([^[\]]*))?\]\]/g

/** The markers of a prompt. A name or a value that nobody knows is text like any other, as it would be for the provider. */
export function readMarkers (prompt: string): Markers {
  const fates: Fate[] = []
  const faults: Array<Refusal | Mishap> = []
  for (const [, name = '', value] of prompt.matchAll(MARKER)) {
    const fate = value === undefined ? FATES.get(name) : undefined
    if (fate !== undefined) fates.push(fate)

    const fault = readFault(name, value)
    // When a prompt can be read, it is too late for what happens on the headers.
    if (fault !== undefined && fault.when !== 'on-headers') faults.push(fault)
  }
  return { fate: fates[0] ?? 'completes', fault: faults[0] }
}
