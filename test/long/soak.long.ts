// Thousands of creates and reads under every fault that the simulator knows: in the end the account is what upstream made.
import { expect, onTestFinished, test } from 'vitest'
import { startGateway, type Gateway, type Reply } from '../support/gateway.ts'

const CREATES = 10_000
const WORKERS = 50
const FAULTS = ['', '', '', '', '[[fail]]', '[[status=400]]', '[[status=429]]', '[[status=503]]', '[[html=502]]', '[[reset]]', '[[cut]]', '[[not-json]]', '[[no-id]]', '[[late=20]]', '[[synonyms]]', '[[redirect]]']

async function soak (gateway: Gateway, key: string): Promise<Reply[]> {
  const replies: Reply[] = []
  let next = 0
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    while (next < CREATES) {
      const number = next++
      replies.push(await gateway.create(key, { prompt: `cat ${number} ${FAULTS[number % FAULTS.length] ?? ''}`, size: number % 2 === 0 ? '832*480' : '1920*1080' }))
    }
  }))
  return replies
}

test(`after ${CREATES} creates under all faults, what is held and spent is the price of what was accepted or is unknown`, async () => {
  const gateway = await startGateway({ REQUESTS_PER_MINUTE: '1000000', STATUS_MAX_AGE_MS: '200', LOG_LEVEL: 'warn' })
  onTestFinished(() => gateway.stop())
  const { key } = await gateway.team({ limits: { quotas: [{ per: 'total', unit: 'tasks', limit: 1_000_000 }, { per: 'total', unit: 'usd', limit: '1000000.00' }] } })
  const replies = await soak(gateway, key)
  const accepted = replies.filter(({ status }) => status === 202)
  const unknown = replies.filter(({ json }) => json.code === 'outcome_unknown')
  expect(gateway.simulator.received.creates).toBe(CREATES)
  expect((await gateway.usage(key)).json.quotas[0]).toMatchObject({ used: accepted.length + unknown.length, held: accepted.length + unknown.length })

  gateway.clock.advance(3_600_000)
  let failed = 0
  for (const { json } of accepted) {
    const { json: { task_info: info } } = await gateway.read(key, json.task_info.id)
    if (info.status === 'failed') failed++
  }
  const { json } = await gateway.usage(key)
  expect(json.in_flight.used).toBe(0)
  expect(json.quotas[0]).toMatchObject({ used: accepted.length - failed + unknown.length, held: unknown.length })
})
