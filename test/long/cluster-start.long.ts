// Clients of a cluster become ready, each of a thousand: ioredis's connect() forgets one in some hundreds, and a gateway that waited for it never started.
import { expect, onTestFinished, test } from 'vitest'
import { closeClient, connectWithin, redisClient } from '../../src/stores/redis/connection.ts'
import { startCluster } from '../support/redis/redis-cluster.ts'
import { addressOf } from '../stores/redis/open-redis-ledger.ts'

const CLIENTS = 1000
const NEVER_MS = 2 ** 31 - 1

test('each of a thousand clients becomes ready', async () => {
  const cluster = await startCluster()
  onTestFinished(() => cluster.stop())
  for (let number = 0; number < CLIENTS; number++) {
    const client = redisClient({ ...addressOf(cluster.url), cluster: true })
    await connectWithin(NEVER_MS, client)
    expect(client.status).toBe('ready')
    closeClient(client)
  }
})
