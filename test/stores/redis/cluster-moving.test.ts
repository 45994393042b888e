// A slot of a Redis Cluster is on its way to another master: some of its keys lie here, and some there. A step is taken as a whole all the same, or not at all.
import { expect, test } from 'vitest'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { LOOK_LEASE_MS } from '../../contract/open-ledger.ts'
import { eventually } from '../../support/eventually.ts'
import { present } from '../../support/present.ts'
import { wholeBody } from '../../support/tasks.ts'
import { keptWebhook, toldTo } from '../../support/webhooks.ts'
import { aClusterScene } from './cluster-scene.ts'
import { beginSlotMove, type SlotMove } from './slot-move.ts'

const AN_HOUR_MS = 3_600_000

/** A cluster with a team, its webhook and its slot, which has not begun to move. */
async function aScene () {
  const scene = await aClusterScene({ replicas: 0 })
  const { bench, cluster, master, names, own: [first] } = scene
  const caller = present(first)
  const webhook = await keptWebhook(bench.outbox, caller)
  const beginMove = (): Promise<SlotMove> => beginSlotMove(names.team(caller.team.id), {
    from: master, to: present(cluster.nodes.find(node => node !== master)), all: cluster.nodes
  })
  return { ...scene, caller, webhook, shard: names.shardOf(caller.team.id), beginMove }
}

/** What is asked for, once Redis answers. */
async function answerOf<Answer> (ask: () => Promise<Answer>): Promise<Answer> {
  let answers: Answer[] = []
  await eventually(() => ask().then(answer => { answers = [answer]; return true }, () => false), 'Redis answers')
  return present(answers[0])
}

test('what is due is not dropped because it has not moved yet: a task that somebody has to look at', async () => {
  const { bench, names, caller, shard, beginMove } = await aScene()
  const { ref } = await bench.begin(caller)
  await bench.pass(AN_HOUR_MS)
  const move = await beginMove()
  await move.take(names.due(shard))

  await expect(bench.ledger.claimDue(10, LOOK_LEASE_MS)).rejects.toThrow(LedgerUnavailable)
  await move.end()
  expect((await answerOf(() => bench.ledger.claimDue(10, LOOK_LEASE_MS))).map(task => task.ref)).toEqual([ref])
})

test('what is due is not dropped because it has not moved yet: a message to a webhook', async () => {
  const { bench, names, caller, shard, beginMove } = await aScene()
  const { ref } = await bench.begin(caller)
  await bench.see(ref, 'completed')
  const move = await beginMove()
  await move.take(names.outbox(shard))

  await expect(bench.outbox.claimDeliveries(10, LOOK_LEASE_MS)).rejects.toThrow(LedgerUnavailable)
  await move.end()
  expect(await answerOf(() => bench.outbox.claimDeliveries(10, LOOK_LEASE_MS))).toHaveLength(1)
})

test('a task settles together with the message about it, though all that the step begins with is still there', async () => {
  const { bench, caller, webhook, beginMove } = await aScene()
  const { ref } = await bench.begin(caller)
  await bench.pass(AN_HOUR_MS)
  const [task] = await bench.ledger.claimDue(1, LOOK_LEASE_MS)
  const settle = () => bench.ledger.observe(present(task), { kind: 'status', body: wholeBody('completed') })
  const move = await beginMove()

  await expect(settle()).rejects.toThrow(LedgerUnavailable)
  await move.end()
  await answerOf(settle)
  expect(await bench.ledger.read(ref)).toMatchObject({ state: 'completed', money: 'spent' })
  expect((await toldTo(bench.outbox, webhook)).map(({ type }) => type)).toEqual(['task.completed'])
})

test('that a part of the ledger is away while it moves is said once, however often it is asked for', async () => {
  const { bench, names, caller, shard, lines, beginMove } = await aScene()
  const move = await beginMove()
  await move.take(names.epoch(shard))
  for (let round = 1; round <= 5; round++) {
    await expect(bench.ledger.admit(bench.order(caller))).rejects.toThrow(LedgerUnavailable)
    // Long enough for a probe to be answered by a master that is there.
    await bench.directory.listTeams({ limit: 1, cursor: null })
  }
  await move.end()
  await answerOf(() => bench.ledger.admit(bench.order(caller)))
  expect(lines.map(({ message }) => message).filter(message => message.startsWith('ledger '))).toEqual(['ledger away', 'ledger back'])
})
