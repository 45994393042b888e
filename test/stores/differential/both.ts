// Two ledgers on one clock, the embedded one and the shared one: whatever is asked of both must be answered alike.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import type { SettlementRules } from '../../../src/ledger/task.ts'
import type { OpenLedger } from '../../contract/open-ledger.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'
import { sharedRedisUrl } from '../../support/redis/shared-redis.ts'
import { addressOf, redisLedgerAt } from '../redis/open-redis-ledger.ts'
import { sqliteLedgerAt } from '../sqlite/open-sqlite-ledger.ts'

export type Side = 'sqlite' | 'redis'
/** What is asked of a ledger. */
export type Ask<Answer> = (opened: OpenLedger, side: Side) => Promise<Answer>
/** What of an answer must be equal. */
export type Shape<Answer> = (answer: Answer) => unknown
/** What was answered, or how it failed. */
type Outcome<Answer> = { answer: Answer } | { failure: string }

export class Both {
  readonly clock: ManualClock
  readonly #folder: string
  readonly #journal: string[] = []
  readonly #names = new Map<string, string>()
  #opened: Readonly<Record<Side, OpenLedger>>

  private constructor (folder: string, opened: Record<Side, OpenLedger>) {
    this.#folder = folder
    this.#opened = opened
    this.clock = opened.sqlite.clock
  }

  /** Fresh ledgers without anything in them. */
  static async open ({ start, rules }: { start: string, rules: SettlementRules }): Promise<Both> {
    const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
    const clock = manualClock(start)
    return new Both(folder, {
      sqlite: sqliteLedgerAt({ path: join(folder, 'ledger.db'), clock, rules }),
      redis: await redisLedgerAt({ address: addressOf(sharedRedisUrl()), clock, rules })
    })
  }

  /** How a name that chance has made is called in what people read. */
  call (name: string, readable: string): void { this.#names.set(name, readable) }

  /** Writes down what no ledger is asked for. */
  note (line: string): void { this.#journal.push(line) }

  /**
   * Takes a step on both, first on the one and then on the other.
   * @param asked what is done, in words
   * @param shape what of an answer must be equal
   * @returns the answer, or undefined if both failed in the same way
   * @throws if they differ, with all that was done before
   */
  async same<Answer> (asked: string, ask: Ask<Answer>, shape: Shape<Answer> = answer => answer): Promise<Answer | undefined> {
    const outcome = await this.#compare(asked, ask, shape)
    this.note(`${asked} → ${'answer' in outcome ? brief(outcome.answer) : outcome.failure}`)
    return 'answer' in outcome ? outcome.answer : undefined
  }

  /** Reads from both what no reading changes: as `same`, but nobody wants to know of it later. */
  async alike<Answer> (asked: string, ask: Ask<Answer>, shape: Shape<Answer> = answer => answer): Promise<void> {
    await this.#compare(asked, ask, shape)
  }

  /** The next start of both gateways. */
  async reopen (): Promise<void> {
    this.note('both are closed and opened again')
    this.#opened = { ...this.#opened, sqlite: await this.#opened.sqlite.reopen() }
    this.#opened = { ...this.#opened, redis: await this.#opened.redis.reopen() }
  }

  async close (): Promise<void> {
    await this.#opened.sqlite.close()
    await this.#opened.redis.close()
    rmSync(this.#folder, { recursive: true })
  }

  async #compare<Answer> (asked: string, ask: Ask<Answer>, shape: Shape<Answer>): Promise<Outcome<Answer>> {
    const [sqlite, redis] = [await outcomeOf(ask, this.#opened, 'sqlite'), await outcomeOf(ask, this.#opened, 'redis')]
    const differences = [...differencesOf(shapeOf(sqlite, shape), shapeOf(redis, shape))]
    if (differences.length === 0) return sqlite
    throw new Error(this.#readable(['the ledgers differ:', ...differences, `in the answer to: ${asked}`, 'after these steps:', ...this.#journal].join('\n')))
  }

  #readable (text: string): string { return text.replaceAll(/tsk_[0-9A-Za-z]+|[0-9a-f]{64}/g, name => this.#names.get(name) ?? name) }
}

/** Whether Redis was not quick enough: a machine that has too much to do says nothing about the ledgers. */
export function isBusy (error: unknown): boolean {
  return error instanceof LedgerUnavailable && error.cause instanceof Error && error.cause.message.startsWith('Redis has not answered')
}

async function outcomeOf<Answer> (ask: Ask<Answer>, opened: Readonly<Record<Side, OpenLedger>>, side: Side): Promise<Outcome<Answer>> {
  try {
    return { answer: await ask(opened[side], side) }
  } catch (error) {
    if (isBusy(error)) throw error
    return { failure: String(error) }
  }
}

function shapeOf<Answer> (outcome: Outcome<Answer>, shape: Shape<Answer>): unknown {
  return 'answer' in outcome ? shape(outcome.answer) : { throws: outcome.failure }
}

/** One line for each place where the answers differ; what is undefined is as good as absent. */
function * differencesOf (sqlite: unknown, redis: unknown, place = 'answer'): Generator<string> {
  if (isObject(sqlite) && isObject(redis) && Array.isArray(sqlite) === Array.isArray(redis)) {
    for (const name of new Set([...Object.keys(sqlite), ...Object.keys(redis)])) yield * differencesOf(sqlite[name], redis[name], `${place}.${name}`)
    return
  }
  if (!Object.is(sqlite, redis)) yield `  ${place}: ${JSON.stringify(sqlite)} by SQLite, ${JSON.stringify(redis)} by Redis`
}

function isObject (value: unknown): value is Record<string, unknown> { return typeof value === 'object' && value !== null }

/** What people want to know of an answer: its kind, the state of the task. */
function brief (answer: unknown): string {
  if (Array.isArray(answer)) return answer.length === 0 ? 'nothing' : `${answer.length}: ${answer.map(brief).join(', ')}`
  if (!isObject(answer)) return String(answer)
  if (isObject(answer['after'])) return brief(answer['after'])
  const { kind, ref, taskId, state, money, mayLook, task } = answer
  return [kind, ref, state, money, taskId, mayLook === true ? 'may look' : undefined, task === undefined ? undefined : brief(task)].filter(Boolean).join(' ') || 'an answer'
}
