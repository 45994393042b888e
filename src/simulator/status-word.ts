// The words in which a task says its status.

import type { Fate } from './task-id.ts'
import type { TaskState } from './task-state.ts'

type Status = TaskState['status']

// The synonyms stand on a newer shared page of the provider; its endpoint pages have the words that are used inside.
const OTHER_WORDS: Partial<Record<Fate, Partial<Record<Status, string>>>> = {
  synonyms: { pending: 'queued', processing: 'running', completed: 'succeeded' },
  'unknown-word': { processing: 'digesting' }
}

/** The word for the status in the mouth of a task of this fate. */
export function statusWord (status: Status, fate: Fate): string {
  return OTHER_WORDS[fate]?.[status] ?? status
}
