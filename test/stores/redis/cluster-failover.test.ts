// A Redis Cluster changes under load, by accident or in order: what is away meanwhile, and that it comes back by itself.
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { every } from '../../../src/jobs/every.ts'
import { eventually } from '../../support/eventually.ts'
import { present } from '../../support/present.ts'
import { askRedis } from '../../support/redis/ask-redis.ts'
import { selfOf, viewsOf } from '../../support/redis/cluster-view.ts'
import type { ClusterNode } from '../../support/redis/redis-cluster.ts'
import { silentLog } from '../../support/silent-log.ts'
import { aClusterScene, kill, type ClusterScene } from './cluster-scene.ts'
import { expectExact, isLost, missingOf, startLoad } from './ledger-load.ts'

const TEND_EVERY_MS = 100
const MIGRATE_MS = 5000
const KEYS_AT_ONCE = 10

/** Watches the ledger until the test ends, as a gateway does, but more often. */
function keepTending ({ store }: ClusterScene): void {
  const tending = every(TEND_EVERY_MS, silentLog, store.tend)
  onTestFinished(() => tending.stop())
}

function isWhole ({ store }: ClusterScene): Promise<boolean> { return store.tend().then(() => true, () => false) }

test('while a killed master has no successor its shards are away and all others work; then they come back, and nothing acknowledged is missing unnoticed', async () => {
  const scene = await aClusterScene({ replicas: 1 })
  const { bench, master, own, others } = scene
  keepTending(scene)
  const load = startLoad(bench, [...own, ...others])
  await load.goesOn([...own, ...others], 10)

  await kill(master)
  const before = new Map(others.map(caller => [caller, load.of(caller).acknowledged.length]))
  await load.goesOn(own, 10)
  for (const caller of others) expect(load.of(caller).acknowledged.length - present(before.get(caller))).toBeGreaterThan(10)
  await load.stop()
  for (const caller of own) expect(load.of(caller).faults).not.toEqual([])
  for (const caller of others) expect(load.of(caller).faults).toEqual([])

  await eventually(() => isWhole(scene), 'every part of the ledger answers')
  for (const caller of others) await expectExact(bench, load.of(caller))
  const missing = await Promise.all(own.map(caller => missingOf(bench, load.of(caller))))
  if (missing.flat().length > 0) expect(await isLost(bench)).toBe(true)
  else for (const caller of own) await expectExact(bench, load.of(caller))
})

test('when a replica takes over in order, under load, nothing that was acknowledged is lost, and the account is exact', async () => {
  const scene = await aClusterScene({ replicas: 1 })
  const { bench, replica, own, others } = scene
  const callers = [...own, ...others]
  keepTending(scene)
  const load = startLoad(bench, callers)
  await load.goesOn(callers, 10)

  await present(replica).failover()
  await load.goesOn(callers, 10)
  await load.stop()

  await eventually(() => isWhole(scene), 'every part of the ledger answers')
  for (const caller of callers) await expectExact(bench, load.of(caller))
  expect(await isLost(bench)).toBe(false)
})

test('when a slot moves to another master, under load, nothing that was acknowledged is lost, and the account is exact', async () => {
  const scene = await aClusterScene({ replicas: 0 })
  const { bench, cluster, master, names, own, others } = scene
  const callers = [...own, ...others]
  keepTending(scene)
  const load = startLoad(bench, callers)
  await load.goesOn(callers, 10)

  const name = names.team(present(own[0]).team.id)
  const next = present(cluster.nodes.find(node => node !== master))
  await moveSlotOf(name, { from: master, to: next, all: cluster.nodes })
  expect(await cluster.masterOf(name)).toBe(next)
  await load.goesOn(callers, 10)
  await load.stop()

  await eventually(() => isWhole(scene), 'every part of the ledger answers')
  for (const caller of callers) await expectExact(bench, load.of(caller))
  expect(await isLost(bench)).toBe(false)
})

/** Moves a slot with all its keys, as `redis-cli --cluster reshard` does. */
async function moveSlotOf (name: string, { from, to, all }: { from: ClusterNode, to: ClusterNode, all: readonly ClusterNode[] }): Promise<void> {
  const slot = z.int().parse(await askRedis(from, 'CLUSTER', 'KEYSLOT', name))
  const [fromId, toId] = [selfOf(await viewsOf(from)).id, selfOf(await viewsOf(to)).id]
  await askRedis(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId)
  await askRedis(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId)
  for (let keys = await keysIn(slot, from); keys.length > 0; keys = await keysIn(slot, from)) {
    await askRedis(from, 'MIGRATE', to.host, to.port, '', 0, MIGRATE_MS, 'KEYS', ...keys)
  }
  // The one that gets the slot and the one that had it are told first.
  for (const node of new Set([to, from, ...all])) await askRedis(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId)
}

async function keysIn (slot: number, node: ClusterNode): Promise<string[]> {
  return z.array(z.string()).parse(await askRedis(node, 'CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE))
}
