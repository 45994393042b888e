// Sentinels that notice the end of a master.
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { isListening } from './listening.ts'
import { startSentinel } from './redis-sentinel.ts'

test('when the master is killed, its replica takes over with its data, and a client follows', async () => {
  const setup = await startSentinel()
  onTestFinished(() => setup.stop())
  const client = setup.client()
  await client.set('a', 'before')
  expect(await client.wait(1, 0)).toBe(1)
  expect((await setup.currentMaster()).port).toBe(setup.master.port)

  setup.master.kill('SIGKILL')
  await eventually(async () => (await setup.currentMaster()).port === setup.replica.port, 'the replica is the master')
  await client.set('b', 'after')
  expect(await setup.replica.client().mget('a', 'b')).toEqual(['before', 'after'])

  await setup.stop()
  for (const server of [...setup.sentinels, setup.master, setup.replica]) expect(await isListening(server)).toBe(false)
})
