// A real Redis Cluster of a test's own: three masters, and a replica of each if the test wants to see failovers.
import { Cluster, type ClusterOptions } from 'ioredis'
import { z } from 'zod'
import { eventually } from '../eventually.ts'
import { askRedis } from './ask-redis.ts'
import { selfOf, viewsOf } from './cluster-view.ts'
import { formCluster } from './form-cluster.ts'
import { HOST, type ClientOptions, type RedisServer } from './redis-server.ts'
import { startAll, stopAll } from './start-all.ts'

const MASTERS = 3
const NODE_TIMEOUT_MS = 2000
/** a node that is silent for so long is passed over, and asked again */
const CLAIM_MS = 500

export type RedisClusterOptions = {
  /** of each master */
  replicas?: 0 | 1
  /** how long a node may be silent before the others replace it */
  nodeTimeoutMs?: number
  /** settings of every node, which win over the defaults */
  args?: readonly string[]
}

/** What ioredis takes, but for a mapping of replies, as for a single server. */
export type ClusterClientOptions = Omit<ClusterOptions, 'redisOptions'> & { redisOptions?: ClientOptions }

export type ClusterNode = RedisServer & {
  /** Makes this replica the master of its shard. FORCE needs no living master, TAKEOVER not even a majority. Resolves when it says that it is one. */
  failover (mode?: 'FORCE' | 'TAKEOVER'): Promise<void>
}

export type RedisCluster = {
  /** three masters, then a replica of each in the same order, if there are replicas */
  nodes: readonly ClusterNode[]
  /** of the first node */
  url: string
  /** a client that is closed with the cluster; nobody needs to listen for its errors */
  client (options?: ClusterClientOptions): Cluster
  /** The node that serves the key. While no node that answers does so, after a kill for example, it waits for one, half a minute at most. */
  masterOf (key: string): Promise<ClusterNode>
  /** Stops all nodes; may be repeated. */
  stop (): Promise<void>
}

/** Starts the nodes and makes them a cluster; resolves when each of them finds it well. Throws if that takes too long. */
export async function startCluster ({ replicas = 0, nodeTimeoutMs = NODE_TIMEOUT_MS, args = [] }: RedisClusterOptions = {}): Promise<RedisCluster> {
  const settings = [
    '--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs), '--cluster-announce-ip', HOST,
    // However long a replica was without its master, it may follow it; and it need not wait for others before its first copy.
    '--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0', ...args
  ]
  const servers = await startAll(Array.from({ length: MASTERS * (1 + replicas) }, () => ({ args: settings })))
  await formCluster(servers, MASTERS).catch(async error => {
    await stopAll(servers)
    throw error
  })
  const nodes = servers.map(clusterNode)
  const [first] = nodes
  if (first === undefined) throw new Error('a cluster has a node')
  const clients: Cluster[] = []

  return {
    nodes,
    url: first.url,
    client (options = {}) {
      const client = new Cluster(nodes.map(({ host, port }) => ({ host, port })), options)
      clients.push(client.on('error', () => {}))
      return client
    },
    async masterOf (key) {
      const slot = await Promise.any(nodes.map(node => askRedis(node, 'CLUSTER', 'KEYSLOT', key)))
      return findOwner(nodes, z.int().parse(slot))
    },
    async stop () {
      for (const client of clients) client.disconnect()
      await stopAll(nodes)
    }
  }
}

function clusterNode (server: RedisServer): ClusterNode {
  return {
    ...server,
    async failover (mode) {
      await askRedis(server, 'CLUSTER', 'FAILOVER', ...mode === undefined ? [] : [mode])
      await eventually(async () => selfOf(await viewsOf(server)).role === 'master', `node ${server.port} is a master`)
    }
  }
}

/** Of the nodes that answer and call themselves the slot's master, the one that became it last. */
async function findOwner (nodes: readonly ClusterNode[], slot: number): Promise<ClusterNode> {
  let owner: ClusterNode | undefined
  await eventually(async () => {
    const claims = await Promise.all(nodes.map(async node => {
      const self = await viewsOf({ ...node, answerMs: CLAIM_MS }).then(selfOf, () => undefined)
      return self?.slots.some(([first, last]) => first <= slot && slot <= last) === true ? [{ node, epoch: self.epoch }] : []
    }))
    owner = claims.flat().toSorted((a, b) => b.epoch - a.epoch)[0]?.node
    return owner !== undefined
  }, `a node serves slot ${slot}`)
  if (owner === undefined) throw new Error(`no node serves slot ${slot}`)
  return owner
}
