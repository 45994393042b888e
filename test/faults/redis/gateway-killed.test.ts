// One of three gateways dies by kill -9 in the middle of creates: the others go on, and what it left behind is settled by them.
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet } from '../../support/fleet.ts'
import { allTasks, expectNothingLost, type Listed } from '../crash-scenario.ts'

const CREATES = 300
/** A submission counts as abandoned 5 s after twice this. */
const UPSTREAM_TIMEOUT_MS = '1000'

test(`after kill -9 of one of three gateways in the middle of ${CREATES} creates the account is what MuleRouter made, and no slot stays taken`, async () => {
  const fleet = await startFleet({ env: { UPSTREAM_TIMEOUT_MS } })
  const [survivor, victim] = fleet.gateways
  const { key } = await fleet.team(COUNTED)
  const creating = fleet.createMany(CREATES, key)
  await eventually(() => fleet.simulator.received.creates >= CREATES / 3, 'a third of them arrived')
  victim?.kill('SIGKILL')
  const answers = await creating
  await victim?.ended

  const held = async (): Promise<Listed[]> => (await allTasks(survivor)).filter(({ money }) => money === 'held')
  expectNothingLost(fleet.simulator.received.tasks, await held())
  await eventually(async () => (await held()).every(({ status }) => status !== 'submitting'), 'what was in doubt became unknown')
  const tasks = await held()
  expectNothingLost(fleet.simulator.received.tasks, tasks)
  const known = tasks.flatMap(task => task.task_id ?? [])
  expect(answers.filter(({ status }) => status === 202).map(({ taskId }) => taskId).filter(taskId => !known.includes(taskId ?? ''))).toEqual([])
  expect(await fleet.account(key)).toMatchObject({ inFlight: known.length, quotas: [{ used: tasks.length, held: tasks.length }] })
  // What nobody knows is the dead gateway's, or was left without an answer for too long.
  const unserved = answers.filter(({ status }) => status !== 202)
  expect(unserved.length).toBeGreaterThanOrEqual(tasks.length - known.length)
  expect(unserved.filter(({ gateway, code }) => gateway !== victim && code !== 'outcome_unknown').map(({ code }) => code)).toEqual([])
  expect(await fleet.create(survivor, key, { prompt: 'another cat' })).toMatchObject({ status: 202 })
})
