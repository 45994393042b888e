// Tasks that nobody reads, on three gateways of which one is killed: all of them settle, each once.
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet } from '../../support/fleet.ts'
import { logLines } from '../../support/gateway-process.ts'

const TASKS = Number(process.env['MULEGATE_SWEPT_TASKS'] ?? 150)
const FAILS_EVERY = 5

test('tasks that nobody reads all settle, each once and with the right money, though one of three gateways is killed in between', async () => {
  const fleet = await startFleet({ life: { pendingMs: 500, processingMs: 500 }, env: { UPSTREAM_TIMEOUT_MS: '1000', SHUTDOWN_GRACE_MS: '6000' } })
  const { key } = await fleet.team(COUNTED)
  const answers = await Promise.all(Array.from({ length: TASKS }, (_, number) =>
    fleet.create(fleet.gateways[number % 3] ?? fleet.gateways[0], key, { prompt: number % FAILS_EVERY === 0 ? 'a cat [[fail]]' : 'a cat' })))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: TASKS }, () => 202))

  const [, , victim] = fleet.gateways
  const settled = (stdout: string) => stdout.match(/"msg":"task (completed|failed)"/g)?.length ?? 0
  await eventually(() => fleet.gateways.some(({ stdout }) => settled(stdout()) > 0), 'the sweep has begun')
  victim?.kill('SIGKILL')
  await eventually(async () => (await fleet.account(key)).quotas[0]?.held === 0, 'nothing is held any more')

  const failed = Math.ceil(TASKS / FAILS_EVERY)
  expect(await fleet.account(key)).toEqual({ inFlight: 0, quotas: [{ ...(await fleet.account(key)).quotas[0], used: TASKS - failed, held: 0 }] })
  await victim?.ended
  const lines = fleet.gateways.flatMap(({ stdout }) => logLines(stdout().slice(0, stdout().lastIndexOf('\n') + 1)))
  const ends = lines.filter(({ msg }) => msg === 'task completed' || msg === 'task failed').map(line => line['task_ref'])
  // A gateway that is killed between the ledger's step and its line has told nobody; no task has two lines.
  expect(new Set(ends).size).toBe(ends.length)
  expect(ends.length).toBeGreaterThanOrEqual(TASKS - fleet.gateways.length * 32)
})
