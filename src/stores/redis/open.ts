// The shared ledger, its directory and its outbox, opened together on one Redis.
import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import type { AuditTrail } from '../../ledger/audit.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { WebhookOutbox } from '../../ledger/outbox.ts'
import type { TeamDirectory } from '../../teams/directory.ts'
import { redisAudit } from './audit.ts'
import { callCounts, type CallCounts } from './call-counts.ts'
import { callerCache } from './caller-cache.ts'
import type { RedisAddress } from './address.ts'
import { closeClient, connect, connectWithin, reasonOf, redisClient, RedisUnusable } from './connection.ts'
import { redisDirectory } from './directory.ts'
import { Epochs } from './epochs.ts'
import { Instances, newInstance } from './instances.ts'
import { rememberKept } from './kept.ts'
import { redisLedger, type RedisLedgerOptions } from './ledger.ts'
import { openLink } from './link.ts'
import { Logins } from './login.ts'
import { namesOf, nothingAt } from './names.ts'
import { News } from './news.ts'
import { redisOutbox } from './outbox.ts'
import { StoreTime } from './store-time.ts'

/** A limit on calls is not worth waiting longer for. */
const DOOR_WITHIN_MS = 50
/** Nor is it worth a start. */
const DOOR_OPEN_WITHIN_MS = 5000

export type RedisStoreOptions = Omit<RedisLedgerOptions, 'link' | 'names' | 'epochs' | 'time' | 'news' | 'instance'> & {
  address: RedisAddress
  /** tells the time in the place of Redis's clock; for tests */
  storeClock: Clock | undefined
  log: Log
}

export type RedisStore = {
  ledger: Ledger
  directory: TeamDirectory
  outbox: WebhookOutbox
  audit: AuditTrail
  /** for limits that are not about money: they never wait long, and not at all while Redis is away */
  frontDoor: CallCounts & { isAway: () => boolean }
  /** What is done again and again: says that this gateway lives, logs in anew if it must, watches for lost data, and takes over from gateways that have died. @throws LedgerUnavailable */
  tend (): Promise<void>
  close (): Promise<void>
}

/** @throws RedisUnusable */
export async function openRedisStore ({ address, storeClock, log, ...options }: RedisStoreOptions): Promise<RedisStore> {
  const names = namesOf(address.keyPrefix)
  const instance = newInstance()
  const client = redisClient(address)
  const subscriber = redisClient(address)
  const door = redisClient(address, { answerWithinMs: DOOR_WITHIN_MS })
  await connect(client, log)
  // Now, and not when everything else is built: its first answer must come in time, and the loop is busy then.
  const isOpened = connectWithin(DOOR_OPEN_WITHIN_MS, door)
  const logins = new Logins({ clients: [client, subscriber, door], url: address.url, log })
  const link = openLink({
    client,
    log,
    apart: address.cluster,
    // A part of a cluster that is moving is away, as scripts find it.
    probe: (redis, place) => redis.exists(place, nothingAt(place))
  })
  const cache = callerCache(team => link.ask(names.changes, redis => redis.publish(names.changes, team)))
  const epochs = new Epochs({ link, names, instance, log })
  const time = new StoreTime({ link, names, clock: options.clock, told: storeClock, log })
  const instances = new Instances({ link, names, time, instance, log })
  const news = new News({ subscriber, names, cache })
  const ledger = redisLedger({ ...options, link, names, epochs, time, news, instance })

  try {
    await time.measure()
    await epochs.open()
    await rememberKept(link, names, { taskMs: options.taskRetentionMs, nowMs: options.clock.nowMs() })
    await instances.beat()
    await instances.bury(ledger)
    await isOpened
  } catch (error) {
    closeClient(door)
    await link.close()
    throw new RedisUnusable(`REDIS_URL: ${reasonOf(error)}`, { cause: error })
  }
  // Nobody waits for news: those that are not heard only cost asking.
  news.listen()

  return {
    ledger,
    directory: redisDirectory({ link, names, cache, epochs, instance }),
    outbox: redisOutbox({ link, names, time }),
    audit: redisAudit({ link, names, retentionMs: options.usageRetentionMs }),
    frontDoor: { ...callCounts(door, names.frontDoor), isAway: () => link.isAway(names.ledger) },
    async tend () {
      logins.renew()
      // What one of them meets keeps nobody from the others: a full Redis hears no beat, and may have lost something all the same.
      await Promise.all([instances.beat(), time.measure(), epochs.watch()])
      await instances.bury(ledger)
    },
    async close () {
      closeClient(subscriber)
      closeClient(door)
      try {
        await instances.leave()
      } catch {
        // It will be noticed to be silent.
      }
      await link.close()
    }
  }
}
