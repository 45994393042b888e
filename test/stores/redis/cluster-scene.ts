// A ledger on a Redis Cluster, with teams on each of its masters.
import { onTestFinished } from 'vitest'
import type { TeamId } from '../../../src/kernel/ids.ts'
import { ALL_SHARDS, shardOf, type Shard } from '../../../src/kernel/shard.ts'
import { namesOf, type Names } from '../../../src/stores/redis/names.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { present } from '../../support/present.ts'
import { startCluster, type ClusterNode, type RedisCluster } from '../../support/redis/redis-cluster.ts'
import { aTeam } from '../../support/teams.ts'
import { COUNTED } from './ledger-load.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'

const NODE_TIMEOUT_MS = 1000
const TEAMS_OF_A_MASTER = 2

export type ClusterScene = OpenGateway & {
  cluster: RedisCluster
  names: Names
  /** one of the masters, and its replica if there are replicas */
  master: ClusterNode
  replica: ClusterNode | undefined
  /** teams of that master, and of the two others */
  own: readonly Caller[]
  others: readonly Caller[]
}

/** Opens a ledger on a cluster of its own that serves what it can while a part of it is away. Only inside a test. */
export async function aClusterScene ({ replicas }: { replicas: 0 | 1 }): Promise<ClusterScene> {
  const cluster = await startCluster({ replicas, nodeTimeoutMs: NODE_TIMEOUT_MS, args: ['--cluster-require-full-coverage', 'no'] })
  onTestFinished(() => cluster.stop())
  const address = { ...addressOf(cluster.url), cluster: true }
  const gateway = await openGateway(address)
  const names = namesOf(address.keyPrefix)

  const callers = new Map<ClusterNode, Caller[]>()
  for (const shard of ALL_SHARDS) {
    const master = await cluster.masterOf(names.epoch(shard))
    const some = callers.get(master) ?? []
    callers.set(master, some)
    if (some.length < TEAMS_OF_A_MASTER) some.push(await gateway.bench.caller({ team: { ...COUNTED.team, id: teamIn(shard) } }))
  }
  const [first, ...others] = [...callers]
  const [master, own] = present(first)
  const replica = replicas === 0 ? undefined : cluster.nodes[cluster.nodes.indexOf(master) + cluster.nodes.length / 2]
  return { ...gateway, cluster, names, master, replica, own, others: others.flatMap(([, some]) => some) }
}

/** Kills a server as the system does when memory is short, or as a power cut does. */
export async function kill (node: ClusterNode): Promise<void> {
  node.kill('SIGKILL')
  await node.ended()
}

/** The id of a team that lies in the shard. */
function teamIn (shard: Shard): TeamId {
  while (true) {
    const { id } = aTeam()
    if (shardOf(id) === shard) return id
  }
}
