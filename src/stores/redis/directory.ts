// Teams and keys in Redis: records in the team's shard, and ways that lead to them.
import { z } from 'zod'
import { isKeyId, isTeamId, type KeyId, type TeamId } from '../../kernel/ids.ts'
import { InvalidCursor, type PageQuery } from '../../kernel/page.ts'
import { shardOf } from '../../kernel/shard.ts'
import type { ApiKey } from '../../teams/api-key.ts'
import type { Caller, TeamDirectory } from '../../teams/directory.ts'
import { limitsJson, limitsSchema } from '../../teams/limits.ts'
import { policySchema } from '../../teams/policy.ts'
import type { Team } from '../../teams/team.ts'
import type { CallerCache } from './caller-cache.ts'
import type { Epochs } from './epochs.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { run } from './scripts.ts'

export type RedisDirectoryOptions = { link: Link, names: Names, cache: CallerCache, epochs: Epochs, instance: string }

const common = {
  version: z.int(),
  limits: limitsSchema,
  policy: policySchema,
  createdAtMs: z.int(),
  updatedAtMs: z.int()
}
const teamSchema = z.object({ ...common, id: z.string().transform(id => id as TeamId), name: z.string(), timeZone: z.string(), disabled: z.boolean() })
const keySchema = z.object({
  ...common,
  id: z.string().transform(id => id as KeyId),
  team: z.string().transform(id => id as TeamId),
  lineage: z.string().transform(id => id as KeyId),
  hash: z.string(),
  label: z.string(),
  mode: z.enum(['live', 'test']),
  webhooks: z.boolean(),
  expiresAtMs: z.int().nullable(),
  revokedAtMs: z.int().nullable(),
  replacedBy: z.string().transform(id => id as KeyId).nullable()
})

export function redisDirectory ({ link, names, cache, epochs, instance }: RedisDirectoryOptions): TeamDirectory {
  async function readTeam (id: TeamId): Promise<Team | undefined> {
    const record = await link.ask(names.team(id), redis => redis.hget(names.team(id), 'record'))
    return record === null ? undefined : teamSchema.parse(JSON.parse(record))
  }

  async function readKeyOf (team: TeamId, id: KeyId): Promise<ApiKey | undefined> {
    const record = await link.ask(names.team(team), redis => redis.hget(names.key(team, id), 'record'))
    return record === null ? undefined : keySchema.parse(JSON.parse(record))
  }

  /** Ids of a team's keys, newest first. @throws InvalidCursor */
  async function keyIds (team: TeamId, { limit, cursor }: PageQuery): Promise<string[]> {
    const list = names.keys(team)
    if (cursor === null) return link.ask(names.team(team), redis => redis.zrevrange(list, 0, limit - 1))
    const rank = isKeyId(cursor) ? await link.ask(names.team(team), redis => redis.zrevrank(list, cursor)) : null
    if (rank === null) throw new InvalidCursor()
    const [last, ...ids] = await link.ask(names.team(team), redis => redis.zrevrange(list, rank, rank + limit))
    // A key that was made between the two has moved all others.
    return last === cursor ? ids : keyIds(team, { limit, cursor })
  }

  /** Stores a record where there is none, or the next version in the place of the one before it. */
  async function store (team: TeamId, name: string, { record, before }: { record: Team | ApiKey, before: 'none' | number }): Promise<boolean> {
    const shard = shardOf(team)
    const known = epochs.of(shard)
    const { epoch } = known
    const about = { before: before === 'none' ? undefined : String(before), instance, ...known }
    const count = z.int().parse(await run(link, 'replace', { keys: [name, names.epoch(shard)], about, more: written(record) }))
    if (count === 0) return false
    epochs.acknowledge(shard, epoch, count)
    await cache.announce(team)
    return true
  }

  async function findCaller (hash: string): Promise<Caller | undefined> {
    const lead = await link.ask(names.keyByHash(hash), redis => redis.get(names.keyByHash(hash)))
    const [team, key] = lead?.split(' ') ?? []
    const [readT, readK] = team === undefined || key === undefined ? [] : await Promise.all([readTeam(team as TeamId), readKeyOf(team as TeamId, key as KeyId)])
    if (readT && readK) return { team: readT, key: readK }
    // It may be what was lost: nobody is told that his key is bad because the ledger is.
    await epochs.glance()
    return undefined
  }

  return {
    // What leads to a record is written before it where it does no harm without one, and after it where it would.
    async createTeam (team) {
      await link.ask(names.teams, redis => redis.zadd(names.teams, 0, team.id))
      return store(team.id, names.team(team.id), { record: team, before: 'none' })
    },
    readTeam,
    replaceTeam: next => store(next.id, names.team(next.id), { record: next, before: next.version - 1 }),

    async listTeams ({ limit, cursor }) {
      if (cursor !== null && !isTeamId(cursor)) throw new InvalidCursor()
      const ids = await link.ask(names.teams, redis => redis.zrangebylex(names.teams, cursor === null ? '-' : `(${cursor}`, '+', 'LIMIT', 0, limit + 1))
      const rows = (await Promise.all(ids.slice(0, limit).map(id => readTeam(id as TeamId)))).filter(team => team !== undefined)
      return { rows, nextCursor: ids.length > limit ? ids[limit - 1] ?? null : null }
    },

    async createKey (key) {
      await link.ask(names.keyById(key.id), redis => redis.set(names.keyById(key.id), key.team))
      if (!await store(key.team, names.key(key.team, key.id), { record: key, before: 'none' })) throw new Error('a new key has a new id')
      const shard = shardOf(key.team)
      const count = await link.ask(names.inShard(shard), redis => redis.zcard(names.keys(key.team)))
      await link.ask(names.inShard(shard), redis => redis.zadd(names.keys(key.team), count + 1, key.id))
      await link.ask(names.keyByHash(key.hash), redis => redis.set(names.keyByHash(key.hash), `${key.team} ${key.id}`))
    },

    async rotateKey ({ replaced, fresh }) {
      const { team } = fresh
      // They lead to nothing until the record is there, and nobody knows the key before that.
      await link.ask(names.keyById(fresh.id), redis => redis.set(names.keyById(fresh.id), team))
      await link.ask(names.keyByHash(fresh.hash), redis => redis.set(names.keyByHash(fresh.hash), `${team} ${fresh.id}`))
      const shard = shardOf(team)
      const known = epochs.of(shard)
      const { epoch } = known
      const count = z.int().parse(await run(link, 'rotate', {
        keys: [names.key(team, replaced.id), names.key(team, fresh.id), names.keys(team), names.epoch(shard)],
        about: { before: String(replaced.version - 1), fresh: fresh.id, instance, ...known },
        more: [...written(replaced), ...written(fresh)]
      }))
      if (count === 0) return false
      epochs.acknowledge(shard, epoch, count)
      await cache.announce(team)
      return true
    },

    async readKey (id) {
      const team = await link.ask(names.keyById(id), redis => redis.get(names.keyById(id)))
      return team === null ? undefined : readKeyOf(team as TeamId, id)
    },

    replaceKey: next => store(next.team, names.key(next.team, next.id), { record: next, before: next.version - 1 }),

    async listKeys (team, { limit, cursor }) {
      const ids = await keyIds(team, { limit: limit + 1, cursor })
      const shown = ids.slice(0, limit)
      const rows = (await Promise.all(shown.map(id => readKeyOf(team, id as KeyId)))).filter(key => key !== undefined)
      return { rows, nextCursor: ids.length > limit ? shown.at(-1) ?? null : null }
    },

    findCaller,
    recentCaller: hash => cache.find(hash, () => findCaller(hash))
  }
}

/** Version and record, as replace.lua and rotate.lua take them. */
function written (record: Team | ApiKey): string[] { return [String(record.version), JSON.stringify({ ...record, limits: limitsJson(record.limits) })] }
