// Confirming a ledger is harmless however often it is done: an operator may do it at every gateway, to be sure.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { COUNTED, startFleet, type Fleet } from '../../support/fleet.ts'
import { ADMIN_TOKEN, type GatewayProcess } from '../../support/gateway-process.ts'

/** Longer than a gateway takes to look at every part of the ledger again. */
const LOOKED_AGAIN_MS = 2500

test('a ledger that is confirmed at every gateway, one after the other and all at once, is confirmed', async () => {
  const fleet = await startFleet()
  const { key } = await fleet.team(COUNTED)
  await expectServed(fleet, key)
  for (const gateway of fleet.gateways) expect(await confirm(gateway)).toBe(204)
  await expectServed(fleet, key)
  expect(await Promise.all(fleet.gateways.map(confirm))).toEqual(fleet.gateways.map(() => 204))
  await expectServed(fleet, key)

  await pause(LOOKED_AGAIN_MS)
  for (const gateway of fleet.gateways) expect(await gateway.call('GET', '/readyz')).toMatchObject({ status: 200 })
  await expectServed(fleet, key)
})

async function confirm (gateway: GatewayProcess): Promise<number> {
  return (await gateway.call('POST', '/admin/v1/ledger/confirm', { key: ADMIN_TOKEN })).status
}

async function expectServed ({ gateways, createMany }: Fleet, key: string): Promise<void> {
  expect((await createMany(gateways.length, key)).map(({ status }) => status)).toEqual(gateways.map(() => 202))
}
