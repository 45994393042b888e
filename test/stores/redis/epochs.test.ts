// Redis that has lost what it acknowledged is noticed by every gateway, and nothing new begins until somebody confirms what is left.
import { describe, expect, test } from 'vitest'
import type { TeamId } from '../../../src/kernel/ids.ts'
import { ALL_SHARDS, shardOf } from '../../../src/kernel/shard.ts'
import { LedgerLost } from '../../../src/ledger/ledger.ts'
import { namesOf } from '../../../src/stores/redis/names.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { accepted } from '../../support/tasks.ts'
import { openGateway } from './open-gateway.ts'
import { connected, expectLost, expectSound, lossesIn, recreate, twoGateways, type Pair } from './two-gateways.ts'

describe('a Redis that was emptied', () => {
  test('is noticed by the next admission of each gateway', async () => {
    const { admin, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    await one.bench.admit(caller)
    await admin.flushall()
    await expectLost(one, caller)
    await expectLost(other, caller)
  })

  test('is noticed by gateways of which nobody wants anything', async () => {
    const { admin, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    await admin.flushall()
    for (const gateway of [one, other]) {
      await gateway.store.tend()
      await expect(gateway.bench.ledger.ping()).rejects.toThrow(LedgerLost)
      await expectLost(gateway, caller)
    }
  })

  test('says of no key that it is unknown until it is confirmed, noticed or not, since that may be what was lost', async () => {
    const { admin, one, other } = await twoGateways()
    const { key: { hash } } = await one.bench.caller()
    const nobodys = 'f'.repeat(64)
    const finds = ({ bench: { directory } }: Pair['one']) => Promise.allSettled([hash, nobodys].flatMap(each => [directory.recentCaller(each), directory.findCaller(each)]))
    const lost = { status: 'rejected', reason: expect.any(LedgerLost) }
    await one.bench.directory.recentCaller(hash)
    await admin.flushall()
    expect(await finds(other)).toEqual([lost, lost, lost, lost])
    await one.store.tend()
    expect(await one.bench.directory.recentCaller(hash), 'it is remembered').toBeDefined()
    await expect(one.bench.directory.findCaller(hash)).rejects.toThrow(LedgerLost)
    await expect(one.bench.directory.recentCaller(nobodys)).rejects.toThrow(LedgerLost)

    await one.bench.ledger.confirm()
    await other.store.tend()
    expect(await one.bench.directory.findCaller(hash)).toBeUndefined()
    expect((await finds(other)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'])
  })

  test('stays lost however often gateways look, and is said once', async () => {
    const { admin, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    await admin.flushall()
    for (let time = 0; time < 3; time++) {
      await Promise.all([one, other].map(({ store }) => store.tend()))
      await expectLost(one, caller)
      await expectLost(other, caller)
    }
  })

  test('admits again on both gateways when one has confirmed it, and what begins then is counted from nothing', async () => {
    const { admin, one, other } = await twoGateways()
    const caller = await one.bench.caller({ team: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } } })
    await one.bench.admit(caller)
    await admin.flushall()
    await Promise.all([one, other].map(({ store }) => store.tend()))
    await expectLost(one, caller)

    await one.bench.ledger.confirm()
    await recreate(one, caller)
    await one.bench.ledger.ping()
    await one.bench.admit(caller)
    await other.bench.admit(caller)
    await other.store.tend()
    await other.bench.ledger.ping()
    expect(await other.bench.ledger.standing(caller)).toMatchObject({ standings: [{ used: 2 }] })
    expect(await one.bench.admitMany(caller, 1)).toBe(0)
  })

  test('is noticed again when it happens again, and not by a gateway that starts after it was confirmed', async () => {
    const { admin, address, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    for (let time = 1; time <= 2; time++) {
      await admin.flushall()
      for (const { bench, store } of [one, other]) {
        await store.tend()
        await expect(bench.ledger.ping()).rejects.toThrow(LedgerLost)
      }
      await other.bench.ledger.confirm()
      for (const { bench, store } of [one, other]) {
        await store.tend()
        await bench.ledger.ping()
      }
      await recreate(one, caller)
      await expectSound(await openGateway(address), caller)
    }
    expect(lossesIn(one)).toHaveLength(2)
  })

  test('still takes in what upstream has accepted, with its hold, and settles it', async () => {
    const { admin, one } = await twoGateways()
    const caller = await one.bench.caller({ team: { limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 2 }] } } })
    const order = await one.bench.admit(caller)
    await admin.flushall()
    await expectLost(one, caller)
    await one.bench.ledger.resolve(order, accepted())
    expect(await one.bench.task(order)).toMatchObject({ state: 'pending', money: 'held' })
    await one.bench.see(order.ref, 'completed')
    expect(await one.bench.ledger.standing(caller)).toMatchObject({ standings: [{ used: 1, held: 0 }] })
    await expect(one.bench.admit(caller)).rejects.toThrow(LedgerLost)
  })

  test('is remembered by Redis: gateways that start later begin nothing either, until it is confirmed', async () => {
    const { admin, address, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    await admin.flushall()
    await expectLost(one, caller)
    await Promise.all([one, other].map(({ store }) => store.close()))

    const later = await openGateway(address)
    await expect(later.bench.ledger.ping()).rejects.toThrow(LedgerLost)
    await expectLost(later, caller)
    await later.bench.ledger.confirm()
    await recreate(later, caller)
    await later.bench.admit(caller)
    await expectSound(await openGateway(address), caller)
  })
})

describe('a Redis that has gone back to an earlier state', () => {
  type RolledBack = Pair & { caller: Caller }

  /** Both gateways have begun tasks, and a snapshot has none of the last two of the first gateway. */
  async function rolledBack (): Promise<RolledBack> {
    const pair = await twoGateways()
    const { server, admin, one, other } = pair
    const caller = await one.bench.caller()
    for (const { bench } of [one, other]) await bench.begin(caller)
    await admin.save()
    await one.bench.begin(caller)
    await one.bench.begin(caller)
    await server.restart()
    for (const gateway of [one, other]) await connected(gateway, caller)
    expect(await other.bench.tasks(caller.team.id)).toHaveLength(2)
    return { ...pair, caller }
  }

  test('is noticed by the next admission of the gateway whose tasks are gone, and then by all', async () => {
    const { one, other, caller } = await rolledBack()
    await expectLost(one, caller)
    await expectLost(other, caller)
  })

  test('is noticed without an admission, and then by all', async () => {
    const { one, other, caller } = await rolledBack()
    await one.store.tend()
    await expect(one.bench.ledger.ping()).rejects.toThrow(LedgerLost)
    await expectLost(other, caller)
    await expectLost(one, caller)
  })

  test('is noticed although the other gateway has meanwhile written more than was lost', async () => {
    const { one, other, caller } = await rolledBack()
    for (let time = 0; time < 20; time++) await other.bench.begin(caller)
    await expectLost(one, caller)
    await expectLost(other, caller)
  })

  test('admits again on both gateways when it was confirmed, with the teams and tasks that are left', async () => {
    const { one, other, caller } = await rolledBack()
    await expectLost(one, caller)
    await expectLost(other, caller)
    await other.bench.ledger.confirm()
    for (const { bench, store } of [one, other]) {
      await bench.admit(caller)
      await store.tend()
      await bench.ledger.ping()
    }
    expect(await one.bench.tasks(caller.team.id)).toHaveLength(4)
  })
})

describe('a shard that was lost alone', () => {
  /** The shard of the team, whose data is gone but for the team itself. */
  async function loseShardOf ({ team }: { team: TeamId }, { admin, address }: Pair): Promise<void> {
    expect(await admin.del(namesOf(address.keyPrefix).epoch(shardOf(team)))).toBe(1)
  }

  test('is noticed by an admission in it, and by each gateway in its turn', async () => {
    const pair = await twoGateways()
    const { one, other } = pair
    const caller = await one.bench.caller()
    await loseShardOf({ team: caller.team.id }, pair)
    await expectLost(one, caller)
    await other.store.tend()
    await expect(other.bench.ledger.ping()).rejects.toThrow(LedgerLost)
    await expectLost(other, caller)
  })

  test('is noticed by a gateway that starts when no other is there, and admits when that has confirmed it', async () => {
    const pair = await twoGateways()
    const caller = await pair.one.bench.caller()
    await Promise.all([pair.one, pair.other].map(({ store }) => store.close()))
    await loseShardOf({ team: caller.team.id }, pair)

    const later = await openGateway(pair.address)
    await expectLost(later, caller)
    await later.bench.ledger.confirm()
    await later.bench.admit(caller)
    await later.bench.ledger.ping()
  })

  test('is noticed by a gateway that starts, also if all shards are gone and only the record of the ledger is left', async () => {
    const { admin, address, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    await Promise.all([one, other].map(({ store }) => store.close()))
    const names = namesOf(address.keyPrefix)
    await admin.del(...ALL_SHARDS.map(shard => names.epoch(shard)))
    await expectLost(await openGateway(address), caller)
  })

  test('may be what holds the record of the ledger: a gateway that starts then notices that, too', async () => {
    const { admin, address, one, other } = await twoGateways()
    const caller = await one.bench.caller()
    await Promise.all([one, other].map(({ store }) => store.close()))
    await admin.del(namesOf(address.keyPrefix).ledger)
    const later = await openGateway(address)
    await expectLost(later, caller)
    await later.bench.ledger.confirm()
    await expectSound(await openGateway(address), caller)
  })
})
