// Who is asking: from the text of a key to a caller who may act.
import type { Clock } from '../kernel/clock.ts'
import { hashKey, looksLikeKey } from '../teams/api-key.ts'
import { isActive, type Caller, type TeamDirectory } from '../teams/directory.ts'
import { refusal, unauthenticated } from './refusals.ts'

export type CallerDependencies = { directory: TeamDirectory, clock: Clock }

/**
 * Finds the caller that a key belongs to. A key with a wrong checksum is refused without a look-up.
 * @param recent whether it may be as it was a few seconds ago, because the story compares its versions before it does anything
 * @returns undefined for a malformed, unknown, expired or revoked key and for a disabled team
 */
export async function identifyCaller ({ directory, clock }: CallerDependencies, key: string, { recent }: { recent: boolean }): Promise<Caller | undefined> {
  if (!looksLikeKey(key)) return undefined
  const hash = hashKey(key)
  const remembered = recent ? await directory.recentCaller(hash) : undefined
  if (remembered !== undefined && isActive(remembered, clock.nowMs())) return remembered
  // A refusal is made of what is now; what is not even there is remembered for a moment, lest anybody's guesses cost a look-up each.
  if (recent && remembered === undefined) return undefined
  const caller = await directory.findCaller(hash)
  return caller !== undefined && isActive(caller, clock.nowMs()) ? caller : undefined
}

/** How often a caller that was changed meanwhile is read again. */
const ATTEMPTS_MAX = 3

/**
 * Takes a step of the ledger that compares team and key with what is stored. If they were changed since they were read, reads them and tries again.
 * @param step gives undefined if the caller was stale
 * @throws Refusal `unauthenticated` if the caller may do nothing any more, `ledger_unavailable` if it is being changed over and over
 */
export async function withCurrentCaller<Result> ({ directory, clock }: CallerDependencies, caller: Caller, step: (caller: Caller) => Promise<Result | undefined>): Promise<Result> {
  let current = caller
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const result = await step(current)
    if (result !== undefined) return result
    const reread = await directory.findCaller(current.key.hash)
    if (reread === undefined || !isActive(reread, clock.nowMs())) throw unauthenticated()
    current = reread
  }
  throw refusal('ledger_unavailable', 'Team or key are being changed over and over; a later try may succeed.', { retryAfterS: 1 })
}
