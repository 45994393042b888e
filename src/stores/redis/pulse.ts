// How the shared ledger as a whole is doing: one small script for each shard, however many tasks there are.
import { z } from 'zod'
import type { TaskRef, TeamId } from '../../kernel/ids.ts'
import { ALL_SHARDS, shardOf, type Shard } from '../../kernel/shard.ts'
import { accountOf } from '../../ledger/account.ts'
import type { Pulse } from '../../ledger/pulse.ts'
import { KEY_MODES } from '../../teams/api-key.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { run } from './scripts.ts'

const moment = z.string().transform(text => text === '' ? null : Number(text))
const pulseReply = z.tuple([moment, moment, z.int(), z.array(z.string().transform(Number))])

/** @throws LedgerUnavailable */
export async function takePulse (link: Link, names: Names, nowMs: number): Promise<Pulse> {
  const teams = await link.ask(names.teams, redis => redis.zrange(names.teams, '0', '-1'))
  const byShard = Map.groupBy(teams.map(team => team as TeamId), shardOf)
  const parts = await Promise.all(ALL_SHARDS.map(shard => ofShard(shard, byShard.get(shard) ?? [])))
  const dueSinceMs = earliest(parts.map(part => part.dueSinceMs))
  return {
    inFlight: parts.flatMap(({ inFlight }) => inFlight),
    oldestAtMs: earliest(parts.map(({ oldestAtMs }) => oldestAtMs)),
    dueSinceMs: dueSinceMs !== null && dueSinceMs <= nowMs ? dueSinceMs : null,
    inDoubt: parts.reduce((sum, part) => sum + part.inDoubt, 0)
  }

  async function ofShard (shard: Shard, some: readonly TeamId[]): Promise<Pulse> {
    const accounts = some.flatMap(team => KEY_MODES.map(mode => ({ team, mode })))
    const [dueSinceMs, oldestAtMs, inDoubt, counts] = pulseReply.parse(await run(link, 'pulse', {
      keys: [
        names.due(shard), names.standing(shard, 'unfinished'), names.standing(shard, 'in-doubt'),
        ...accounts.map(({ team, mode }) => names.inFlight(team, 'team', accountOf(team, mode)))
      ],
      about: names.task(shard, '' as TaskRef)
    }))
    const inFlight = accounts.map((account, place) => ({ ...account, tasks: counts[place] ?? 0 })).filter(({ tasks }) => tasks > 0)
    return { inFlight, oldestAtMs, dueSinceMs, inDoubt }
  }
}

function earliest (moments: ReadonlyArray<number | null>): number | null {
  return moments.reduce((first, moment) => first === null || (moment !== null && moment < first) ? moment : first, null)
}
