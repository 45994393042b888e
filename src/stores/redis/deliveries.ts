// The lists of a webhook's deliveries: one for each state, newest first.
import type { MessageId } from '../../kernel/ids.ts'
import { InvalidCursor, type Page } from '../../kernel/page.ts'
import { shardOf } from '../../kernel/shard.ts'
import { DELIVERY_STATES, type Delivery, type DeliveryState } from '../../ledger/delivery.ts'
import type { DeliveryQuery } from '../../ledger/outbox.ts'
import type { Webhook } from '../../teams/webhook.ts'
import type { Link } from './link.ts'
import { merge } from './merge.ts'
import type { Names } from './names.ts'
import { unpackDelivery, type StoredDelivery } from './packed-delivery.ts'

const CHUNK = 100

/** @throws InvalidCursor */
export async function listDeliveries ({ link, names }: { link: Link, names: Names }, webhook: Webhook, { limit, cursor, state }: DeliveryQuery): Promise<Page<Delivery>> {
  const { team, serial } = webhook
  const shard = shardOf(team)

  async function read (ids: readonly string[]): Promise<StoredDelivery[]> {
    if (ids.length === 0) return []
    const values = await link.ask(names.inShard(shard), redis => redis.mget(ids.map(id => names.delivery(team, serial, id as MessageId))))
    return values.flatMap((value, index) => value === null ? [] : [unpackDelivery(webhook, ids[index] ?? '', value)])
  }

  async function * newestOf (listed: DeliveryState, below: number | undefined): AsyncGenerator<StoredDelivery> {
    let most = below === undefined ? '+inf' : `(${below}`
    while (true) {
      const found = await link.ask(names.inShard(shard), redis => redis.zrevrangebyscore(names.deliveries(team, serial, listed), most, '-inf', 'WITHSCORES', 'LIMIT', 0, CHUNK))
      const ids = found.filter((_, index) => index % 2 === 0)
      // One that has moved on since is in another list.
      yield * (await read(ids)).filter(({ delivery }) => delivery.state === listed)
      if (ids.length < CHUNK) return
      most = `(${found.at(-1)}`
    }
  }

  const [last] = cursor === null ? [] : await read([cursor])
  if (cursor !== null && last === undefined) throw new InvalidCursor()
  const states = state === undefined ? DELIVERY_STATES : [state]
  const rows: Delivery[] = []
  for await (const { delivery } of merge(states.map(listed => newestOf(listed, last?.number)), (one, other) => one.number > other.number)) {
    if (rows.length === limit) return { rows, nextCursor: rows.at(-1)?.id ?? null }
    rows.push(delivery)
  }
  return { rows, nextCursor: null }
}
