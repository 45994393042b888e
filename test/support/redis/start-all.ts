// Several servers at once, of which none is left behind if one does not start.
import { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.ts'

/** Starts one server for each of the options, in that order. Throws the first reason if one does not start; the others are stopped then. */
export async function startAll (each: readonly RedisServerOptions[]): Promise<RedisServer[]> {
  const starts = await Promise.allSettled(each.map(options => startRedis(options)))
  const servers = starts.flatMap(start => start.status === 'fulfilled' ? [start.value] : [])
  const failed = starts.find(start => start.status === 'rejected')
  if (failed === undefined) return servers
  await stopAll(servers)
  throw failed.reason
}

/** Stops all of them, at once. */
export async function stopAll (servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map(server => server.stop()))
}
