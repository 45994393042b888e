// A slot of a Redis Cluster goes from one master to another, as `redis-cli --cluster reshard` does it, but as slowly as a test wants.
import { z } from 'zod'
import { askRedis } from '../../support/redis/ask-redis.ts'
import { selfOf, viewsOf } from '../../support/redis/cluster-view.ts'
import type { ClusterNode } from '../../support/redis/redis-cluster.ts'

const MIGRATE_MS = 5000
const KEYS_AT_ONCE = 10

export type SlotMove = {
  /** Moves these keys, and no others. */
  take (...keys: string[]): Promise<void>
  /** Moves what is left; then the slot is the other node's. */
  end (): Promise<void>
}

/** Begins to move the slot in which the name lies: from now on some of its keys may be here, and some there. */
export async function beginSlotMove (name: string, { from, to, all }: { from: ClusterNode, to: ClusterNode, all: readonly ClusterNode[] }): Promise<SlotMove> {
  const slot = z.int().parse(await askRedis(from, 'CLUSTER', 'KEYSLOT', name))
  const [fromId, toId] = [selfOf(await viewsOf(from)).id, selfOf(await viewsOf(to)).id]
  await askRedis(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await askRedis(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)

  async function some (): Promise<string[]> {
    return z.array(z.string()).parse(await askRedis(from, 'CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE))
  }
  async function take (...keys: string[]): Promise<void> {
    await askRedis(from, 'MIGRATE', to.host, to.port, '', 0, MIGRATE_MS, 'KEYS', ...keys)
  }
  return {
    take,
    async end () {
      for (let keys = await some(); keys.length > 0; keys = await some()) await take(...keys)
      // The one that gets the slot and the one that had it are told first.
      for (const node of new Set([to, from, ...all])) await askRedis(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId)
    }
  }
}
