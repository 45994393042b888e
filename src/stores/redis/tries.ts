// How often a step is taken anew because somebody else has taken one meanwhile.
import { LedgerUnavailable } from '../../ledger/ledger.ts'

/** Every try that fails is a step that somebody else has taken. */
export const TRIES_MAX = 100

export function tooManyTries (): LedgerUnavailable {
  return new LedgerUnavailable(new Error('others were faster every time'), { untouched: true })
}
