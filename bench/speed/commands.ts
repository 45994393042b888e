// What a create, a read and a task's whole life ask of Redis: commands, round trips and bytes.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startCountingProxy, type CountingProxy } from '../../test/support/redis/counting-proxy.ts'
import { makeTasks, readTasks } from './callers.ts'
import { mulegate, type Gateway } from './contenders.ts'
import { median, type Part } from './figures.ts'
import type { Stage } from './stage.ts'

/** What Redis counts by itself. */
type Counts = { executed: number, bytesIn: number, bytesOut: number, atMs: number }

const SINGLE = 20
const MANY = 1000
const IDLE_MS = 2000
/** A little longer than a status is believed. */
const STALE_MS = 3200

export async function measureCommands (stage: Stage): Promise<Part> {
  const redis = await stage.startRedis('commands')
  const proxy = await startCountingProxy(`redis://127.0.0.1:${redis.port}`)
  // Looks that nobody asked for would come in between.
  const gateway = await mulegate(stage, 'redis', { name: 'gateway behind a proxy', redisPort: proxy.port, env: { SWEEP_LOOKS_PER_SECOND: '0' } })
  const client = new Redis(redis.port)
  const taskIds = await makeTasks(gateway, MANY)
  await pause(STALE_MS)
  await readTasks(gateway, taskIds)

  const idle = await growth(client, () => pause(IDLE_MS))
  const ofCreate = { ...await single(proxy, () => makeTasks(gateway, 1)), ...await each(client, idle, () => makeTasks(gateway, MANY)) }
  const ofRead = { ...await single(proxy, () => readTasks(gateway, taskIds.slice(0, 1))), ...await each(client, idle, () => readTasks(gateway, taskIds)) }
  const settling = await settled(gateway, { proxy, client, idle })
  const ofLife = { sent: ofCreate.sent + settling.sent, trips: ofCreate.trips + settling.trips, executed: ofCreate.executed + settling.executed, bytesIn: ofCreate.bytesIn + settling.bytesIn, bytesOut: ofCreate.bytesOut + settling.bytesOut }
  client.disconnect()
  await stage.stop(gateway.program)
  await proxy.stop()
  await stage.stop(redis.program)

  const rows = [['a create', ofCreate], ['a read that the ledger answers', ofRead], ['a read that looks, and settles', settling], ['a task: created, read once, settled', ofLife]] as const
  return {
    table: {
      title: 'What Redis is asked',
      columns: ['', 'commands sent', 'round trips', 'commands executed', 'bytes to Redis', 'bytes from Redis'],
      rows: rows.map(([name, { sent, trips, executed, bytesIn, bytesOut }]) => [name, sent.toFixed(0), trips.toFixed(0), executed.toFixed(1), bytesIn.toFixed(0), bytesOut.toFixed(0)]),
      notes: [
        'Sent and round trips are counted at a proxy before Redis, of one call at a time; "executed" are those of scripts too, as Redis counts them. All work is in it, the front door\'s also.',
        `A gateway that nobody calls makes Redis execute ${(idle.executed * 1000 / IDLE_MS).toFixed(0)} commands a second without its sweep; that is taken off.`
      ]
    },
    figures: Object.fromEntries([
      ...rows.flatMap(([name, counts]) => Object.entries({ sent: counts.sent, trips: counts.trips, executed: counts.executed, bytesIn: counts.bytesIn, bytesOut: counts.bytesOut }).map(([what, figure]): [string, number] => [`redis ${name}: ${what}`, figure])),
      ['redis idle: executed a second', idle.executed * 1000 / IDLE_MS]
    ]),
    failures: []
  }
}

/** What reads ask that look upstream, where the task has completed. */
async function settled (gateway: Gateway, { proxy, client, idle }: { proxy: CountingProxy, client: Redis, idle: Counts }) {
  const one = await makeTasks(gateway, SINGLE)
  const many = await makeTasks(gateway, MANY)
  await pause(STALE_MS)
  let place = 0
  const counted = await single(proxy, () => readTasks(gateway, one.slice(place, ++place)))
  return { ...counted, ...await each(client, idle, () => readTasks(gateway, many)) }
}

/** Of one call, in the middle of some: now and then the gateway does something of its own. */
async function single (proxy: CountingProxy, call: () => Promise<unknown>): Promise<{ sent: number, trips: number }> {
  const taken = []
  for (let count = 0; count < SINGLE; count++) {
    proxy.reset()
    await call()
    // What nobody waits for is still on its way.
    await pause(10)
    taken.push({ sent: proxy.commands.length, trips: proxy.roundTrips })
  }
  return { sent: median(taken.map(({ sent }) => sent)), trips: median(taken.map(({ trips }) => trips)) }
}

/** What one of many calls makes Redis do, without what would have been done anyway. */
async function each (client: Redis, idle: Counts, calls: () => Promise<unknown>): Promise<{ executed: number, bytesIn: number, bytesOut: number }> {
  const grown = await growth(client, calls)
  const share = grown.atMs / idle.atMs
  return { executed: (grown.executed - idle.executed * share) / MANY, bytesIn: (grown.bytesIn - idle.bytesIn * share) / MANY, bytesOut: (grown.bytesOut - idle.bytesOut * share) / MANY }
}

async function growth (client: Redis, work: () => Promise<unknown>): Promise<Counts> {
  const before = await countsOf(client)
  await work()
  const after = await countsOf(client)
  return { executed: after.executed - before.executed, bytesIn: after.bytesIn - before.bytesIn, bytesOut: after.bytesOut - before.bytesOut, atMs: after.atMs - before.atMs }
}

async function countsOf (client: Redis): Promise<Counts> {
  const [commands, stats] = [await client.info('commandstats'), await client.info('stats')]
  const executed = [...commands.matchAll(/^cmdstat_(?!info:)[^:]+:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0)
  return { executed, bytesIn: Number(/^total_net_input_bytes:(\d+)/m.exec(stats)?.[1]), bytesOut: Number(/^total_net_output_bytes:(\d+)/m.exec(stats)?.[1]), atMs: performance.now() }
}
