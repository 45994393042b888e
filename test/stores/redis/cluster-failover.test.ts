// A Redis Cluster changes under load, by accident or in order: what is away meanwhile, and that it comes back by itself.
import { expect, onTestFinished, test } from 'vitest'
import { every } from '../../../src/jobs/every.ts'
import { eventually } from '../../support/eventually.ts'
import { present } from '../../support/present.ts'
import { silentLog } from '../../support/silent-log.ts'
import { aClusterScene, kill, type ClusterScene } from './cluster-scene.ts'
import { expectExact, isLost, missingOf, startLoad } from './ledger-load.ts'
import { beginSlotMove } from './slot-move.ts'

const TEND_EVERY_MS = 100

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
  await (await beginSlotMove(name, { from: master, to: next, all: cluster.nodes })).end()
  expect(await cluster.masterOf(name)).toBe(next)
  await load.goesOn(callers, 10)
  await load.stop()

  await eventually(() => isWhole(scene), 'every part of the ledger answers')
  for (const caller of callers) await expectExact(bench, load.of(caller))
  expect(await isLost(bench)).toBe(false)
})
