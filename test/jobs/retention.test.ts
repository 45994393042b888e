// What was kept for its retention is gone, and whoever asks for it is told so. On the embedded ledger: Redis removes by its own clock, which no test moves.
import { expect, onTestFinished, test } from 'vitest'
import { COUNTED, accountOf } from '../support/account.ts'
import { eventually } from '../support/eventually.ts'
import { PENDING_MS, PROCESSING_MS, startGateway } from '../support/gateway.ts'

const DAY_MS = 86_400_000

test('after TASK_RETENTION_DAYS a settled task is not found, a list goes on behind it, and its money stays spent', async () => {
  const gateway = await startGateway({ TASK_RETENTION_DAYS: '1' })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team({ limits: COUNTED })
  const create = async (): Promise<string> => (await gateway.create(key)).json.task_info.id
  const [older, settled] = [await create(), await create()]
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.read(key, settled)).json.task_info.status).toBe('completed')
  const first = (await gateway.call('GET', '/v1/tasks?limit=1', { key })).json
  expect(first.data).toMatchObject([{ task_id: settled }])

  gateway.clock.advance(DAY_MS + 1)
  await eventually(async () => (await gateway.read(key, settled)).status === 404, 'the settled task is gone')
  expect((await gateway.read(key, settled)).json).toMatchObject({ code: 'not_found' })
  const second = (await gateway.call('GET', `/v1/tasks?limit=1&cursor=${first.next_cursor}`, { key })).json
  expect(second.data).toMatchObject([{ task_id: older }])
  expect((await gateway.call('GET', '/v1/tasks', { key })).json.data).toHaveLength(1)
  expect((await accountOf(gateway, key)).usd).toBe('1.00')
})
