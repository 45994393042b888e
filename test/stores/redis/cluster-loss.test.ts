// A Redis Cluster promotes a replica that had not heard of all that its master had acknowledged: nobody loses that unnoticed.
import { expect, test } from 'vitest'
import { LedgerLost } from '../../../src/ledger/ledger.ts'
import type { Begun, Bench } from '../../contract/open-ledger.ts'
import { eventually } from '../../support/eventually.ts'
import { present } from '../../support/present.ts'
import { askRedis } from '../../support/redis/ask-redis.ts'
import type { ClusterNode } from '../../support/redis/redis-cluster.ts'
import { aClusterScene, kill } from './cluster-scene.ts'

/** From now on the replica learns nothing of what its master does, as if the network between them were gone. */
async function cutReplicaOff (master: ClusterNode): Promise<void> {
  expect(await askRedis(master, 'WAIT', 1, 5000)).toBe(1)
  await askRedis(master, 'ACL', 'SETUSER', 'default', '-psync', '-sync')
  expect(await askRedis(master, 'CLIENT', 'KILL', 'TYPE', 'replica')).toBe(1)
}

test.each([
  ['an order', async () => {}],
  // The shard counts each of them, as it had counted what was lost.
  ['what was learnt of older tasks', async (bench: Bench, { ref }: Begun) => {
    for (const status of ['processing', 'pending', 'processing', 'pending'] as const) await bench.see(ref, status)
  }]
])('what a promoted replica had not heard of is noticed before anything new begins there, though it meets %s first', async (_what, meet) => {
  const { bench, master, replica, own, others } = await aClusterScene({ replicas: 1 })
  const [caller, other] = [present(own[0]), present(others[0])]
  const older = await bench.begin(caller)
  await cutReplicaOff(master)
  const unheard = await bench.begin(caller)
  await kill(master)
  await present(replica).failover('TAKEOVER')
  await eventually(() => bench.ledger.read(older.ref).then(() => true, () => false), 'the shard is back')
  await meet(bench, older)

  await expect(bench.ledger.admit(bench.order(caller))).rejects.toThrow(LedgerLost)
  await expect(bench.ledger.ping()).rejects.toThrow(LedgerLost)
  expect(await bench.ledger.read(unheard.ref)).toBe(undefined)
  expect((await bench.ledger.admit(bench.order(other))).kind).toBe('admitted')

  await bench.ledger.confirm()
  await bench.ledger.ping()
  expect((await bench.ledger.admit(bench.order(caller))).kind).toBe('admitted')
  expect((await bench.ledger.standing(caller)).standings).toMatchObject([{ used: 2, held: 2 }])
})
