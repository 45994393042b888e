// What everything is called in Redis. Names with the same `{…}` lie together, so that one script can change all of them.
import type { KeyId, MessageId, TaskId, TaskRef, TeamId } from '../../kernel/ids.ts'
import { shardOf, type Shard } from '../../kernel/shard.ts'
import type { CounterId, Scope } from '../../ledger/counter.ts'
import type { DeliveryState } from '../../ledger/delivery.ts'
import type { Standing } from '../../ledger/pulse.ts'

const TEAMS_REMEMBERED = 10_000

export type Names = ReturnType<typeof namesOf>

/** A name that lies where the other does, and under which nothing ever is. */
export function nothingAt (place: string): string { return `{${/\{([^}]+)\}/.exec(place)?.[1] ?? place}}:nothing` }

/** @param prefix what the names of this gateway begin with: REDIS_KEY_PREFIX */
export function namesOf (prefix: string) {
  const inShard = (shard: Shard) => `{${prefix}:${shard}}:`
  // Every step asks some twenty times, and there are no more teams than somebody has made.
  const shards = new Map<TeamId, Shard>()
  function shardOfTeam (team: TeamId): Shard {
    const known = shards.get(team)
    if (known !== undefined) return known
    if (shards.size === TEAMS_REMEMBERED) shards.clear()
    const shard = shardOf(team)
    shards.set(team, shard)
    return shard
  }
  const ofTeam = (team: TeamId) => inShard(shardOfTeam(team))
  return {
    keyPrefix: prefix,
    shardOf: shardOfTeam,

    // Of the whole ledger; each lies by itself.
    ledger: `${prefix}:ledger`,
    teams: `${prefix}:teams`,
    instances: `${prefix}:instances`,
    dead: `${prefix}:dead`,
    changes: `${prefix}:changes`,
    audit: `${prefix}:audit`,
    kept: `${prefix}:kept`,
    /** where gateways tell of tasks of a shard that have moved */
    moves: (shard: Shard) => `${prefix}:moves:${shard}`,
    frontDoor: `${prefix}:door:`,
    /** whose an id of upstream's is about to be; of the whole ledger, because it may be meant for tasks of two shards */
    reserved: (taskId: TaskId) => `${prefix}:reserved:${taskId}`,
    /** leads from a key's hash to its team and id */
    keyByHash: (hash: string) => `${prefix}:key:${hash}`,
    /** leads from a key's id to its team */
    keyById: (id: KeyId) => `${prefix}:key-id:${id}`,

    // Of a shard.
    inShard,
    epoch: (shard: Shard) => `${inShard(shard)}epoch`,
    due: (shard: Shard) => `${inShard(shard)}due`,
    /** unfinished tasks, and tasks in doubt, by the time of their admission */
    standing: (shard: Shard, standing: Standing) => `${inShard(shard)}${standing}`,
    number: (shard: Shard) => `${inShard(shard)}number`,
    outbox: (shard: Shard) => `${inShard(shard)}outbox`,
    usageDays: (shard: Shard) => `${inShard(shard)}usage-days`,
    task: (shard: Shard, ref: TaskRef) => `${inShard(shard)}task:${ref}`,
    look: (shard: Shard, ref: TaskRef) => `${inShard(shard)}look:${ref}`,
    taskId: (shard: Shard, taskId: TaskId) => `${inShard(shard)}id:${taskId}`,

    // Of a team, in its shard.
    team: (team: TeamId) => `${ofTeam(team)}team:${team}`,
    key: (team: TeamId, key: KeyId) => `${ofTeam(team)}key:${key}`,
    keys: (team: TeamId) => `${ofTeam(team)}keys:${team}`,
    tasks: (team: TeamId) => `${ofTeam(team)}tasks:${team}`,
    /** those of them whose outcome is unknown */
    unknown: (team: TeamId) => `${ofTeam(team)}unknown:${team}`,
    /** by how many milliseconds the number of the latest row that was written late runs ahead of its time, if there is one */
    late: (team: TeamId) => `${ofTeam(team)}late:${team}`,
    usage: (team: TeamId, { account, day }: { account: string, day: string }) => `${ofTeam(team)}usage:${account}:${day}`,
    inFlight: (team: TeamId, scope: Scope, owner: string) => `${ofTeam(team)}in-flight:${scope}:${owner}`,
    minute: (team: TeamId, scope: Scope, account: { owner: string, label: string }) => `${ofTeam(team)}minute:${scope}:${account.owner}:${account.label}`,
    counter: (team: TeamId, { scope, owner, per, label }: CounterId) => `${ofTeam(team)}count:${scope}:${owner}:${per}:${label}`,
    claim: (team: TeamId, { account, model }: { account: string, model: string }, name: string) => `${ofTeam(team)}claim:${account}:${model}:${name}`,
    webhooks: (team: TeamId) => `${ofTeam(team)}webhooks:${team}`,
    delivery: (team: TeamId, serial: string, id: MessageId) => `${ofTeam(team)}delivery:${serial}:${id}`,
    deliveries: (team: TeamId, serial: string, state: DeliveryState) => `${ofTeam(team)}deliveries:${serial}:${state}`,
    lost: (team: TeamId, key: KeyId, fingerprint: string) => `${ofTeam(team)}lost:${key}:${fingerprint}`
  }
}
