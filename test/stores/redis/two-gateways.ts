// Two gateways that share one ledger, and whether they take it for lost.
import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import { LedgerLost } from '../../../src/ledger/ledger.ts'
import type { RedisAddress } from '../../../src/stores/redis/address.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'
import type { RedisServer } from '../../support/redis/redis-server.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'
import { addressOf } from './open-redis-ledger.ts'

export type Pair = { server: RedisServer, admin: Redis, address: RedisAddress, clock: ManualClock, one: OpenGateway, other: OpenGateway }

/** Two gateways with one ledger and one clock, on a Redis of the test's own. Only inside a test. */
export async function twoGateways (args: readonly string[] = []): Promise<Pair> {
  const server = await redisForTest({ args })
  const address = addressOf(server.url)
  const clock = manualClock()
  return { server, admin: server.client(), address, clock, one: await openGateway(address, clock), other: await openGateway(address, clock) }
}

/** Puts a team that was lost back, and its key. */
export async function recreate ({ bench }: OpenGateway, { team, key }: Caller): Promise<void> {
  await bench.directory.createTeam(team)
  await bench.directory.createKey(key)
}

/** Every line in which a gateway said that something was lost. */
export function lossesIn ({ lines }: OpenGateway): string[] {
  return lines.map(({ message }) => message).filter(message => message.includes('lost'))
}

/** The gateway begins nothing, and says so. */
export async function expectLost (gateway: OpenGateway, caller: Caller): Promise<void> {
  const { ledger, order } = gateway.bench
  await expect(ledger.admit(order(caller))).rejects.toThrow(LedgerLost)
  await expect(ledger.preview(order(caller))).rejects.toThrow(LedgerLost)
  await expect(ledger.ping()).rejects.toThrow(LedgerLost)
  expect(lossesIn(gateway)).toEqual(['the ledger has lost data: creates are refused until it is confirmed'])
}

/** The gateway admits, and never said that anything was lost. */
export async function expectSound (gateway: OpenGateway, caller: Caller): Promise<void> {
  await gateway.store.tend()
  await gateway.bench.ledger.ping()
  await gateway.bench.admit(caller)
  expect(lossesIn(gateway)).toEqual([])
}

/** Resolves when the gateway's Redis answers it, which says nothing of what it has lost. */
export async function connected ({ bench }: OpenGateway, caller: Caller): Promise<void> {
  await eventually(() => bench.ledger.standing(caller).then(() => true, () => false), 'Redis answers')
}
