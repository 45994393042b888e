// An unpriced request is refused, never free.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const MODEL = 'alibaba/wan2.2-t2v-plus'

let folder: string
const gateways: Gateway[] = []
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'mulegate-prices-')) })
afterAll(async () => {
  await Promise.all(gateways.map(gateway => gateway.stop()))
  rmSync(folder, { recursive: true })
})

async function pricedAt (prices: object): Promise<Gateway> {
  const file = join(folder, `${gateways.length}.json`)
  writeFileSync(file, JSON.stringify(prices))
  const gateway = await startGateway({ PRICE_FILE: file })
  gateways.push(gateway)
  return gateway
}

test('a tier without a price is not_allowed, sent nowhere and not counted, while the other tier is sold', async () => {
  const gateway = await pricedAt({ [MODEL]: { '480P': '0.125' } })
  const { key } = await gateway.team({ limits: COUNTED })

  expectProblem(await gateway.create(key), 'not_allowed', { instance: GENERATION, detail: /price.*1080P/ })
  expect(gateway.simulator.received.creates).toBe(0)
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)

  const sold = await gateway.create(key, { prompt: 'a cat', size: '624*624' })
  expect(sold).toMatchObject({ status: 202, headers: { 'mulegate-price-usd': '0.125' } })
  expect(await accountOf(gateway, key)).toEqual({ inFlight: 1, tasks: 1, tasksHeld: 1, usd: '0.125', usdHeld: '0.125' })
})

test('a model without a price is not_allowed', async () => {
  const gateway = await pricedAt({ 'alibaba/another-model': { '480P': '0.10' } })
  const { key } = await gateway.team()
  expectProblem(await gateway.create(key, { prompt: 'a cat', size: '832*480' }), 'not_allowed', { instance: GENERATION, detail: /price/ })
  expect(gateway.simulator.received.creates).toBe(0)
})

test('a price of 0.00 is a price: the task is counted and costs nothing', async () => {
  const gateway = await pricedAt({ [MODEL]: { '480P': '0.00', '1080P': '0.00' } })
  const { key } = await gateway.team({ limits: COUNTED })
  expect(await gateway.create(key)).toMatchObject({ status: 202, headers: { 'mulegate-price-usd': '0.00' } })
  expect(await accountOf(gateway, key)).toEqual({ inFlight: 1, tasks: 1, tasksHeld: 1, usd: '0.00', usdHeld: '0.00' })
})

const tiers: Record<string, string[]> = {
  0.1: ['832*480', '480*832', '624*624'],
  0.5: ['1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632']
}

test('without PRICE_FILE every documented size has the price of its tier', async () => {
  const gateway = await startGateway()
  gateways.push(gateway)
  const { key } = await gateway.team()
  for (const [price, sizes] of Object.entries(tiers)) {
    for (const size of sizes) {
      const reply = await gateway.create(key, { prompt: 'a cat', size })
      expect(reply.headers['mulegate-price-usd'], size).toBe(Number(price).toFixed(2))
    }
  }
})
