// What a team is to be told is told, also when the process that had settled the task is killed before it could.
import { expect, onTestFinished, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { startGatewayProcess, UPSTREAM_TOKEN } from '../support/gateway-process.ts'
import { ledgerForTest, redisForTest } from '../support/ledger-for-test.ts'
import { present } from '../support/present.ts'
import { answer, RECEIVERS_ALLOWED, startReceiver, verified } from '../support/receiver.ts'
import { tempFolder } from '../support/temp-folder.ts'

const LEDGERS = [['embedded', ledgerForTest], ['shared', redisForTest]] as const

for (const [name, openLedger] of LEDGERS) {
  test(`on the ${name} ledger, a gateway that is killed between settlement and delivery has its message delivered by the next one, under the same id, in the same words`, async () => {
    const cwd = tempFolder()
    const ledger = openLedger(cwd)
    onTestFinished(() => ledger.drop())
    const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: 0, processingMs: 0 })
    onTestFinished(() => simulator.close())
    const silence = Promise.withResolvers<void>()
    const receiver = await startReceiver(() => silence.resolve())
    onTestFinished(() => receiver.close())
    const env = { MULEROUTER_BASE_URL: simulator.origin, STATUS_MAX_AGE_MS: '200', ...RECEIVERS_ALLOWED, ...ledger.env }

    const gateway = await startGatewayProcess({ cwd, env })
    const key = await gateway.team()
    const secret = await gateway.webhook(`${receiver.origin}/hooks`)
    expect(await gateway.create(key)).toMatchObject({ status: 202 })
    await silence.promise
    gateway.kill('SIGKILL')
    await gateway.ended
    receiver.script = answer(204, '')

    const next = await startGatewayProcess({ cwd, env })
    const delivered = async (): Promise<unknown> => (await next.call('GET', '/v1/webhooks/hook/deliveries?status=delivered', { key })).json
    await eventually(async () => receiver.requests.length > 1 && JSON.stringify(await delivered()).includes('task.completed'), 'the next gateway has delivered it')
    const [first, second, ...more] = receiver.requests
    expect(more).toEqual([])
    expect([second?.headers['webhook-id'], second?.body]).toEqual([first?.headers['webhook-id'], first?.body])
    expect(verified(present(second), secret, Date.now())).toMatchObject({ type: 'task.completed', data: { status: 'completed' } })
    expect(await delivered()).toMatchObject({ data: [{ id: second?.headers['webhook-id'], attempts: 1 }] })
  })
}

test('a stop waits for the attempt that is under way, and the receiver gets it once', async () => {
  const cwd = tempFolder()
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: 0, processingMs: 0 })
  onTestFinished(() => simulator.close())
  const arrived = Promise.withResolvers<() => void>()
  const receiver = await startReceiver(response => arrived.resolve(() => { response.writeHead(204).end() }))
  onTestFinished(() => receiver.close())
  const env = { MULEROUTER_BASE_URL: simulator.origin, STATUS_MAX_AGE_MS: '200', ...RECEIVERS_ALLOWED }
  const gateway = await startGatewayProcess({ cwd, env })
  const key = await gateway.team()
  await gateway.webhook(receiver.origin)
  await gateway.create(key)
  const release = await arrived.promise
  gateway.kill('SIGTERM')
  await gateway.logged('gateway stopping')
  release()
  expect(await gateway.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('"msg":"webhook delivered"') })

  const next = await startGatewayProcess({ cwd, env })
  expect((await next.call('GET', '/v1/webhooks/hook/deliveries', { key })).json).toMatchObject({ data: [{ status: 'delivered', attempts: 1 }] })
  expect(receiver.requests).toHaveLength(1)
})
