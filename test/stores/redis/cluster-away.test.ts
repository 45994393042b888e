// A master of a Redis Cluster is away: who does not notice, and what is said of it.
import { expect, test } from 'vitest'
import { newMessageId } from '../../../src/kernel/ids.ts'
import { openDebts, type Debt } from '../../../src/flows/debts.ts'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { eventually } from '../../support/eventually.ts'
import { present } from '../../support/present.ts'
import { silentLog } from '../../support/silent-log.ts'
import { aKey, aTeam } from '../../support/teams.ts'
import { aWebhook } from '../../support/webhooks.ts'
import { aClusterScene, kill } from './cluster-scene.ts'

/** The parts of which a log says so, each as often as it does. */
function saidToBeAway (lines: ReadonlyArray<{ facts: object, message: string }>): string[] {
  return lines.filter(({ message }) => message === 'ledger away').map(({ facts }) => JSON.stringify(facts))
}

test('a team is found while a master is away that has nothing of it', async () => {
  const { cluster, bench, names } = await aClusterScene({ replicas: 0 })
  const master = await cluster.masterOf(names.ledger)
  const isThere = async (name: string): Promise<boolean> => await cluster.masterOf(name) === master

  async function aCaller ({ leadIsThere }: { leadIsThere: boolean }): Promise<Caller> {
    while (true) {
      const team = aTeam()
      const key = aKey(team)
      if (!await isThere(names.team(team.id)) && await isThere(names.keyByHash(key.hash)) === leadIsThere) return bench.caller({ team, key })
    }
  }
  const unreachable = await aCaller({ leadIsThere: true })
  const untouched = await aCaller({ leadIsThere: false })

  await kill(master)
  await expect(bench.directory.findCaller(unreachable.key.hash)).rejects.toThrow(LedgerUnavailable)
  expect(await bench.directory.findCaller(untouched.key.hash)).toEqual(untouched)
  expect((await bench.ledger.admit(bench.order(untouched))).kind).toBe('admitted')
})

test('that a part of the ledger is away is said once, however often it is asked for', async () => {
  const { cluster, bench, lines, names, own, others } = await aClusterScene({ replicas: 0 })
  const stays = await cluster.masterOf(names.ledger)
  const away = present(cluster.nodes.find(node => node !== stays))
  let { hash } = aKey(aTeam())
  while (await cluster.masterOf(names.keyByHash(hash)) !== away) hash = aKey(aTeam()).hash

  await kill(away)
  for (let round = 1; round <= 20; round++) {
    await expect(bench.directory.findCaller(hash)).rejects.toThrow(LedgerUnavailable)
    // Long enough for a probe to be answered by a master that is there.
    await Promise.allSettled([...own, ...others].map(caller => bench.ledger.standing(caller)))
  }
  expect(saidToBeAway(lines)).not.toEqual([])
  expect(saidToBeAway(lines).length).toBe(new Set(saidToBeAway(lines)).size)
})

test('that the part of the ledger is away in which a delivery lies is said once, however often it is asked for', async () => {
  const { cluster, bench, lines, names } = await aClusterScene({ replicas: 0 })
  const stays = await cluster.masterOf(names.ledger)
  let team = aTeam()
  while (await cluster.masterOf(names.team(team.id)) === stays || await cluster.masterOf(names.shardOf(team.id)) !== stays) team = aTeam()
  const webhook = aWebhook({ team })

  await kill(await cluster.masterOf(names.team(team.id)))
  for (let round = 1; round <= 20; round++) {
    await expect(bench.outbox.readDelivery(webhook, newMessageId())).rejects.toThrow(LedgerUnavailable)
    // Long enough for a probe to be answered by a master that is there.
    await bench.directory.listTeams({ limit: 1, cursor: null }).catch(() => {})
  }
  expect(saidToBeAway(lines)).not.toEqual([])
  expect(saidToBeAway(lines).length).toBe(new Set(saidToBeAway(lines)).size)
})

test('what is owed to a master that is away keeps nobody waiting for what is owed to the others', async () => {
  const { bench, master, own: [away], others: [there] } = await aClusterScene({ replicas: 0 })
  const debts = openDebts({ log: silentLog, retryMs: 5 })
  const debtOf = (caller: Caller | undefined): Debt => {
    const order = bench.order(present(caller))
    return { facts: { task_ref: order.ref }, pay: () => bench.ledger.resolve(order, { kind: 'unknown' }) }
  }

  await kill(master)
  debts.owe(debtOf(away))
  await debts.owe(debtOf(there))
  expect(debts.outstanding()).toBe(1)

  await master.restart()
  await eventually(() => debts.outstanding() === 0, 'the rest is paid')
})

test('a master that hung and was started anew is asked again', async () => {
  const { bench, master, own: [caller] } = await aClusterScene({ replicas: 0 })
  const isThere = (): Promise<boolean> => bench.ledger.standing(present(caller)).then(() => true, () => false)
  master.kill('SIGSTOP')
  expect(await isThere()).toBe(false)
  await master.restart()
  await eventually(isThere, 'it is asked again')
})
