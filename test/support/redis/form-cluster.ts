// Makes a Redis Cluster of servers that do not know each other yet, by commands alone: redis-cli is not always there.
import { eventually } from '../eventually.ts'
import { askRedis, askRedisText } from './ask-redis.ts'
import { selfOf, viewsOf } from './cluster-view.ts'
import type { RedisServer } from './redis-server.ts'

const SLOTS = 16_384

/**
 * Spreads the slots over the first servers, as many as `masters` says, and makes each server behind them a replica of one of those, in turn.
 * Resolves when every server says that the cluster is whole. Throws if that takes more than half a minute at one of them.
 */
export async function formCluster (servers: readonly RedisServer[], masters: number): Promise<void> {
  const leaders = servers.slice(0, masters)
  const followers = servers.slice(masters)
  const bound = (index: number): number => Math.floor(SLOTS * index / masters)

  await Promise.all(leaders.map(async (leader, index) => {
    await askRedis(leader, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    await askRedis(leader, 'CLUSTER', 'ADDSLOTSRANGE', bound(index), bound(index + 1) - 1)
  }))
  // Each meets each: to hear of one another by gossip would take some seconds.
  for (const [index, server] of servers.entries()) {
    await Promise.all(servers.slice(index + 1).map(other => askRedis(server, 'CLUSTER', 'MEET', other.host, other.port)))
  }
  for (const server of servers) await eventually(() => isSettled(server, servers.length), `node ${server.port} knows all others`)

  for (const [index, follower] of followers.entries()) {
    const leader = leaders[index % masters]
    if (leader === undefined) throw new Error('a cluster has a master')
    await askRedis(follower, 'CLUSTER', 'REPLICATE', selfOf(await viewsOf(leader)).id)
  }
  for (const follower of followers) await eventually(() => isInStep(follower), `replica ${follower.port} has its master's data`)
  for (const server of servers) await eventually(() => isWhole(server, masters), `node ${server.port} finds the cluster well`)
}

async function isSettled (server: RedisServer, nodes: number): Promise<boolean> {
  const views = await viewsOf(server)
  return views.length === nodes && views.every(view => view.settled)
}

async function isInStep (follower: RedisServer): Promise<boolean> {
  return (await askRedisText(follower, 'INFO', 'replication')).includes('master_link_status:up')
}

async function isWhole (server: RedisServer, masters: number): Promise<boolean> {
  const views = await viewsOf(server)
  const info = await askRedisText(server, 'CLUSTER', 'INFO')
  return views.filter(view => view.role === 'master').length === masters && info.includes('cluster_state:ok')
}
