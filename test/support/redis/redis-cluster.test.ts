// A cluster that is whole, loses a master, and is whole again.
import type { Cluster } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { askRedisText } from './ask-redis.ts'
import { parseClusterNodes } from './cluster-view.ts'
import { isListening } from './listening.ts'
import { startCluster, type RedisCluster, type RedisClusterOptions } from './redis-cluster.ts'

async function clusterForTest (options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const cluster = await startCluster(options)
  onTestFinished(() => cluster.stop())
  return cluster
}

/** Writes keys that are spread over all masters; resolves to how many were read back. */
async function writeAndRead (client: Cluster): Promise<number> {
  const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`)
  await Promise.all(keys.map(key => client.set(key, key)))
  const values = await Promise.all(keys.map(key => client.get(key)))
  return values.filter((value, index) => value === keys[index]).length
}

test('three masters share the slots, and every node knows where a key lives', async () => {
  const cluster = await clusterForTest()
  expect(cluster.nodes).toHaveLength(3)
  expect(await writeAndRead(cluster.client())).toBe(60)
  for (const node of cluster.nodes) expect(await askRedisText(node, 'CLUSTER', 'INFO')).toMatch(/cluster_state:ok\r\ncluster_slots_assigned:16384/)

  const owners = await Promise.all(['b', 'c', 'a'].map(key => cluster.masterOf(key)))
  expect(owners.map(({ port }) => port)).toEqual(cluster.nodes.map(({ port }) => port))
  await cluster.stop()
  for (const node of cluster.nodes) expect(await isListening(node)).toBe(false)
})

test('a replica takes over when its master is killed, and when it is told to; the client finds its way', async () => {
  const cluster = await clusterForTest({ replicas: 1 })
  const [, , , , , replicaOfThird] = cluster.nodes
  expect(cluster.nodes).toHaveLength(6)
  const client = cluster.client()
  expect(await writeAndRead(client)).toBe(60)

  const master = await cluster.masterOf('a')
  expect(master.port).toBe(cluster.nodes[2]?.port)
  master.kill('SIGKILL')
  await master.ended()
  expect((await cluster.masterOf('a')).port).toBe(replicaOfThird?.port)
  expect(await writeAndRead(client)).toBe(60)

  await cluster.nodes[3]?.failover()
  expect((await cluster.masterOf('b')).port).toBe(cluster.nodes[3]?.port)
  expect(await writeAndRead(client)).toBe(60)

  // It comes back as what it is now: a replica of the one that took its place.
  await master.restart()
  expect((await cluster.masterOf('a')).port).toBe(replicaOfThird?.port)
})

test('what CLUSTER NODES says is read: links, failures, epochs, single slots and ranges', () => {
  expect(parseClusterNodes([
    '07c37df 127.0.0.1:30004@31004,hostname4 slave e7d1ee 0 1426238317239 4 connected',
    '67ed2db 127.0.0.1:30002@31002,hostname2 master,fail? - 0 1426238316232 2 disconnected 5461-10922 11000 [93-<-292f8b3]',
    'e7d1eec 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460',
    ''
  ].join('\n'))).toEqual([
    { id: '07c37df', self: false, role: 'replica', settled: true, epoch: 4, slots: [] },
    { id: '67ed2db', self: false, role: 'master', settled: false, epoch: 2, slots: [[5461, 10922], [11000, 11000]] },
    { id: 'e7d1eec', self: true, role: 'master', settled: true, epoch: 1, slots: [[0, 5460]] }
  ])
  expect(() => parseClusterNodes('ERR This instance has cluster support disabled')).toThrow('not a line of CLUSTER NODES')
})
