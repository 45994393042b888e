// A redis-server that goes with the test that started it.
import { onTestFinished } from 'vitest'
import { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.ts'

/** Starts a server that is stopped when the test ends. Only inside a test. Throws with its log if it does not start. */
export async function redisForTest (options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options)
  onTestFinished(() => server.stop())
  return server
}
