// How a change is made that must not go unrecorded: it is written down before, and again if it was not made after all, or nobody knows.
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { AuditEntry, AuditTrail, Changes } from '../ledger/audit.ts'
import { LedgerUnavailable } from '../ledger/ledger.ts'

export type AuditDependencies = { audit: AuditTrail, clock: Clock }

/** Who changes something, and by which request. `name` is that of an admin token, or the id of a team's key. */
export type Actor = { name: string, address: string, requestId: string, log: Log }

type About = Partial<Pick<AuditEntry, 'team' | 'keyId' | 'taskRef' | 'webhook' | 'changes' | 'reason'>> & Pick<AuditEntry, 'action'>

/** What is about to be done: `make` does it, `isMade` tells from the result whether it was done, `facts` are for the log alone. */
export type AuditedChange<Result> = About & { make: () => Promise<Result>, isMade?: (result: Result) => boolean, facts?: object }

/** Makes the change between its entry in the audit trail and its line in the log. @throws LedgerUnavailable, before anything is done if the entry cannot be written */
export async function audited<Result> ({ audit, clock }: AuditDependencies, actor: Actor, change: AuditedChange<Result>): Promise<Result> {
  const { make, isMade = () => true, facts, ...about } = change
  const { name, address, requestId, log } = actor
  const entry: AuditEntry = {
    team: null, keyId: null, taskRef: null, webhook: null, changes: null, reason: null, ...about, atMs: clock.nowMs(), actor: name, address, requestId, outcome: 'made'
  }
  const retract = (outcome: AuditEntry['outcome']): Promise<void> => audit.write({ ...entry, atMs: clock.nowMs(), outcome })
  await audit.write(entry)
  let result: Result
  try {
    result = await make()
  } catch (error) {
    // If even this cannot be written, the log has the refusal of the request that the entry names.
    await retract(mayBeMade(error) ? 'unknown' : 'not_made').catch(() => {})
    throw error
  }
  if (isMade(result)) log.record({ ...lineOf(entry), ...facts }, messageOf(entry))
  else await retract('not_made')
  return result
}

/** A store that does not answer may have done what it was asked for, or do it later. */
function mayBeMade (error: unknown): boolean { return error instanceof LedgerUnavailable && !error.untouched }

/** What differs between two JSON objects, field by field. */
export function changesBetween (before: object, after: object): Changes {
  const [old, now] = [before, after].map(settings => new Map<string, unknown>(Object.entries(JSON.parse(JSON.stringify(settings)))))
  const names = [...new Set([...old?.keys() ?? [], ...now?.keys() ?? []])]
  return Object.fromEntries(names
    .map((name): [string, Changes[string]] => [name, { before: old?.get(name), after: now?.get(name) }])
    .filter(([, change]) => !isDeepStrictEqual(change.before, change.after)))
}

/** `team.created` is logged as "team created". */
function messageOf ({ action }: AuditEntry): string { return action.replace('.', ' ') }

function lineOf ({ actor, address, team, keyId, taskRef, webhook, changes, reason }: AuditEntry): object {
  const present = <Value>(value: Value | null): Value | undefined => value ?? undefined
  return {
    actor, address, team: present(team), key_id: present(keyId), task_ref: present(taskRef), webhook: present(webhook), changes: present(changes), reason: present(reason)
  }
}
