// Who is asking: from the text of a key to a caller who may act.
import type { Clock } from '../kernel/clock.ts'
import { hashKey, looksLikeKey } from '../teams/api-key.ts'
import { isActive, type Caller, type TeamDirectory } from '../teams/directory.ts'

export type CallerDependencies = { directory: TeamDirectory, clock: Clock }

/**
 * Finds the caller that a key belongs to. A key with a wrong checksum is refused without a look-up.
 * @returns undefined for a malformed, unknown, expired or revoked key and for a disabled team
 */
export async function identifyCaller ({ directory, clock }: CallerDependencies, key: string): Promise<Caller | undefined> {
  if (!looksLikeKey(key)) return undefined
  const caller = await directory.findCaller(hashKey(key))
  return caller !== undefined && isActive(caller, clock.nowMs()) ? caller : undefined
}
