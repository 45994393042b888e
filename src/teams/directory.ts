// Who there is: the role that a store plays for teams and keys.
import type { KeyId, TeamId } from '../kernel/ids.ts'
import type { Page, PageQuery } from '../kernel/page.ts'
import { hasEnded, type ApiKey } from './api-key.ts'
import type { Team } from './team.ts'

/** Who is asking: a key and its team, as they were when they were read. */
export type Caller = { team: Team, key: ApiKey }

/** Whether the caller may do anything at all at this moment. */
export function isActive ({ team, key }: Caller, nowMs: number): boolean {
  return !team.disabled && !hasEnded(key, nowMs)
}

/** The next version of a key, which ends soon, and a new one of the same team and lineage. */
export type Rotation = { replaced: ApiKey, fresh: ApiKey }

/** Keeps teams and keys. A change is conditional on the version that it was made from. */
export interface TeamDirectory {
  /** @returns false if a team of that id exists, disabled ones included */
  createTeam (team: Team): Promise<boolean>
  readTeam (id: TeamId): Promise<Team | undefined>
  /** Stores the next version. @returns false if the stored version is not the one before it */
  replaceTeam (next: Team): Promise<boolean>
  /** in the order of ids */
  listTeams (query: PageQuery): Promise<Page<Team>>
  createKey (key: ApiKey): Promise<void>
  readKey (id: KeyId): Promise<ApiKey | undefined>
  /** Stores the next version. @returns false if the stored version is not the one before it */
  replaceKey (next: ApiKey): Promise<boolean>
  /** Stores the next version of a key and the key that takes its place, both or neither. @returns false if the stored version is not the one before it */
  rotateKey (rotation: Rotation): Promise<boolean>
  /** newest first */
  listKeys (team: TeamId, query: PageQuery): Promise<Page<ApiKey>>
  /** @param hash SHA-256 of the whole key, hexadecimal @throws LedgerLost if it is not there, and lost data may be why */
  findCaller (hash: string): Promise<Caller | undefined>
  /** As `findCaller`, perhaps as it was a few seconds ago: only for steps of the ledger that compare the versions of team and key. */
  recentCaller (hash: string): Promise<Caller | undefined>
}
