// The daily report: one hash for each day of a team, and in each shard the days that there are.
import type { KeyId } from '../../kernel/ids.ts'
import { ALL_SHARDS, shardOf, type Shard } from '../../kernel/shard.ts'
import { readAccount } from '../../ledger/account.ts'
import type { UsageQuery, UsageRow } from '../../ledger/report.ts'
import type { Link } from './link.ts'
import { merge } from './merge.ts'
import type { Names } from './names.ts'

/** `2026-11-22 ads`, by day and then account. */
type TeamDay = string

const CHUNK = 500
/** So many days of teams are read at a time. */
const AHEAD = 8

/** Rows of the report, in the order of day, team, lineage and model. */
export async function * reportUsage (link: Link, names: Names, query: UsageQuery): AsyncGenerator<UsageRow> {
  const shards = query.team === undefined ? ALL_SHARDS : [shardOf(query.team)]
  for await (const teamDays of inChunks(wanted(), AHEAD)) {
    for (const rows of await Promise.all(teamDays.map(rowsOf))) yield * rows
  }

  async function * wanted (): AsyncGenerator<TeamDay> {
    for await (const teamDay of merge(shards.map(shard => daysOf(shard)), (one, other) => one < other)) {
      const { team, mode } = readAccount(teamDay.split(' ')[1] ?? '')
      if (mode === query.mode && (query.team === undefined || query.team === team)) yield teamDay
    }
  }

  async function * daysOf (shard: Shard): AsyncGenerator<TeamDay> {
    let from = `[${query.fromDay}`
    while (true) {
      // "~" comes after every character of a team.
      const days = await link.ask(names.inShard(shard), redis => redis.zrangebylex(names.usageDays(shard), from, `[${query.toDay} ~`, 'LIMIT', 0, CHUNK))
      yield * days
      if (days.length < CHUNK) return
      from = `(${days.at(-1)}`
    }
  }

  async function rowsOf (teamDay: TeamDay): Promise<UsageRow[]> {
    const [day = '', account = ''] = teamDay.split(' ')
    const { team } = readAccount(account)
    const fields = await link.ask(names.team(team), redis => redis.hgetall(names.usage(team, { account, day })))
    return Object.entries(fields).sort(([one], [other]) => one < other ? -1 : 1).map(([field, figures]) => {
      const [lineage = '', model = ''] = field.split(' ')
      const [tasks = 0, completed = 0, failed = 0, unknown = 0, spentMicros = 0, heldMicros = 0, refundedMicros = 0] = figures.split(' ').map(Number)
      return { day, team, lineage: lineage as KeyId, model, tasks, completed, failed, unknown, spentMicros, heldMicros, refundedMicros }
    }).filter(({ tasks }) => tasks !== 0)
  }
}

async function * inChunks<Item> (source: AsyncIterable<Item>, count: number): AsyncGenerator<Item[]> {
  let chunk: Item[] = []
  for await (const item of source) {
    chunk.push(item)
    if (chunk.length < count) continue
    yield chunk
    chunk = []
  }
  yield chunk
}
