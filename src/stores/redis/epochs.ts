// Notices when Redis has lost what it acknowledged: each shard counts every gateway's writes, and each gateway remembers its own count.
import { z } from 'zod'
import { randomBase62 } from '../../kernel/ids.ts'
import type { Log } from '../../kernel/log.ts'
import { ALL_SHARDS, type Shard } from '../../kernel/shard.ts'
import { LedgerLost } from '../../ledger/ledger.ts'
import { checkForm, inForm } from './form.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { run } from './scripts.ts'

/** What the ledger's record of itself says: that somebody makes it, or that it was made. */
const MAKING = inForm('making')
const MADE = inForm('made')

/** Any would do. */
const GLANCED_AT: Shard = '00'

export type EpochsOptions = { link: Link, names: Names, instance: string, log: Log }

/** What this gateway knows of a shard: in which epoch it was last seen, and how many writes of this gateway it had acknowledged. */
type Known = { epoch: string, acknowledged: number }

/** What a shard says of itself. `confirmed` are the epochs, with spaces between them, whose losses operators have accepted by beginning this one. */
export type EpochState = { id: string, confirmed: string, lost: boolean }

const statesSchema = z.tuple([z.string().nullable(), z.string().nullable(), z.string().nullable(), z.string().nullable()])

export class Epochs {
  readonly #options: EpochsOptions
  readonly #known = new Map<Shard, Known>()
  readonly #lost = new Set<Shard>()

  constructor (options: EpochsOptions) { this.#options = options }

  /** Begins the epochs of a new ledger, or learns those of one that is there. @throws LedgerUnavailable, or RedisUnusable, before it writes, if the data has another form */
  async open (): Promise<void> {
    const { link, names } = this.#options
    // The record first: whoever makes the ledger meanwhile has written it before any shard.
    const record = await link.ask(names.ledger, redis => redis.get(names.ledger))
    const before = await Promise.all(ALL_SHARDS.map(shard => this.#read(shard)))
    checkForm([record ?? '', ...before.map(({ id }) => id)].filter(word => word !== ''), names.keyPrefix)
    const isNew = record === MAKING || (record === null && before.every(({ id }) => id === ''))
    if (record === null && await link.ask(names.ledger, redis => redis.set(names.ledger, MAKING, 'NX')) === null) return this.open()
    await Promise.all(ALL_SHARDS.map(async (shard, place) => {
      // A ledger that has lost the record of itself has lost whatever lay beside it, nobody knows what.
      if (!isNew && (record === null || before[place]?.id === '')) await this.#markLost(shard)
      await link.ask(names.inShard(shard), redis => redis.hsetnx(names.epoch(shard), 'id', newEpoch()))
    }))
    await link.ask(names.ledger, redis => redis.set(names.ledger, MADE))
    await Promise.all(ALL_SHARDS.map(async shard => {
      const { id, lost } = await this.#read(shard)
      this.#adopt(shard, id)
      if (lost) this.#notice(shard)
    }))
  }

  of (shard: Shard): Known {
    const known = this.#known.get(shard)
    if (known === undefined) throw new Error('epochs are opened before they are asked for')
    return known
  }

  /** Remembers how many writes a shard has acknowledged since this epoch. */
  acknowledge (shard: Shard, epoch: string, count: number): void {
    const known = this.of(shard)
    if (known.epoch === epoch) known.acknowledged = Math.max(known.acknowledged, count)
  }

  /** Goes on in a confirmed epoch. @throws LedgerLost if what is there is not what was acknowledged */
  async meet (shard: Shard, { id, confirmed, lost }: EpochState): Promise<void> {
    const { epoch } = this.of(shard)
    const replaced = id !== epoch && !confirmed.split(' ').includes(epoch)
    if (replaced) await this.#markLost(shard, epoch)
    if (id !== epoch) this.#adopt(shard, id === '' ? (await this.#read(shard)).id : id)
    if (replaced || lost) {
      this.#notice(shard)
      throw new LedgerLost(new Error(`shard ${shard} has lost what it had acknowledged`))
    }
    this.#lost.delete(shard)
  }

  /** @throws LedgerLost if anything was lost that nobody has confirmed */
  check (): void {
    if (this.#lost.size > 0) throw new LedgerLost(new Error('the ledger has lost what it had acknowledged'))
  }

  /** Looks first, but at one shard only: of a Redis that was emptied, any one tells. @throws LedgerLost if anything was lost that nobody has confirmed, or LedgerUnavailable */
  async glance (): Promise<void> {
    this.check()
    await this.#compare(GLANCED_AT)
  }

  /** Compares every shard with what this gateway remembers. @throws LedgerUnavailable */
  async watch (): Promise<void> {
    for (const outcome of await Promise.allSettled(ALL_SHARDS.map(shard => this.#compare(shard)))) {
      if (outcome.status === 'rejected' && !(outcome.reason instanceof LedgerLost)) throw outcome.reason
    }
  }

  /** Accepts what is left: every shard begins a new epoch. @throws LedgerUnavailable */
  async confirm (): Promise<void> {
    const { link, names } = this.#options
    await Promise.all(ALL_SHARDS.map(async shard => {
      // Also the one that this gateway remembers, if nobody has noticed yet that it is gone.
      await run(link, 'confirm', { keys: [names.epoch(shard)], about: newEpoch(), more: [this.of(shard).epoch] })
      await this.#compare(shard)
    }))
    await link.ask(names.ledger, redis => redis.set(names.ledger, MADE))
  }

  async #compare (shard: Shard): Promise<void> {
    const { epoch, acknowledged } = this.of(shard)
    const { count, ...state } = await this.#read(shard)
    if (state.id === epoch && count < acknowledged && !state.lost) await this.#markLost(shard)
    await this.meet(shard, { ...state, lost: state.lost || (state.id === epoch && count < acknowledged) })
  }

  async #read (shard: Shard): Promise<EpochState & { count: number }> {
    const { link, names, instance } = this.#options
    const [id, confirmed, lost, count] = statesSchema.parse(await link.ask(names.inShard(shard), redis => redis.hmget(names.epoch(shard), 'id', 'confirmed', 'lost', instance)))
    return { id: id ?? '', confirmed: confirmed ?? '', lost: lost !== null, count: Number(count ?? 0) }
  }

  /** @param replaced the epoch that is not there any more; others remember it as well, and it is confirmed with the loss */
  async #markLost (shard: Shard, replaced?: string): Promise<void> {
    const { link, names } = this.#options
    await link.ask(names.inShard(shard), redis => redis.hset(names.epoch(shard), replaced === undefined ? { lost: '1' } : { lost: '1', replaced }))
    await link.ask(names.inShard(shard), redis => redis.hsetnx(names.epoch(shard), 'id', newEpoch()))
  }

  #adopt (shard: Shard, epoch: string): void { this.#known.set(shard, { epoch, acknowledged: 0 }) }

  #notice (shard: Shard): void {
    if (this.#lost.size === 0) this.#options.log.error({ shard }, 'the ledger has lost data: creates are refused until it is confirmed')
    this.#lost.add(shard)
  }
}

function newEpoch (): string { return inForm(randomBase62(12)) }
