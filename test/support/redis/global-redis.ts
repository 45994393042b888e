// vitest's global setup: one Redis for the whole run, the one of REDIS_URL or else a server that is started here.
import { Redis } from 'ioredis'
import type { TestProject } from 'vitest/node'
import { startRedis } from './redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** where the Redis is that all suites share */
    redisUrl: string
  }
}

const ANSWER_MS = 10_000

/**
 * Tells every suite where the shared Redis is, and resolves to what ends the server that was started, if one was.
 * Throws if there is none and none can be started, or if the one of REDIS_URL does not answer.
 */
export async function setup ({ provide }: Pick<TestProject, 'provide'>, given = process.env['REDIS_URL']): Promise<() => Promise<void>> {
  if (given !== undefined && given !== '') {
    await expectAnswer(given)
    provide('redisUrl', given)
    return async () => {}
  }
  const server = await startRedis()
  provide('redisUrl', server.url)
  return () => server.stop()
}

async function expectAnswer (url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, connectTimeout: ANSWER_MS, commandTimeout: ANSWER_MS, retryStrategy: () => null })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.ping()
  } catch (cause) {
    // The address alone: the rest may hold a password.
    throw new Error(`the Redis of REDIS_URL does not answer at ${client.options.host}:${client.options.port}`, { cause })
  } finally {
    client.disconnect()
  }
}
