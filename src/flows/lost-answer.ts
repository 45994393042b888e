// A caller that goes away unanswered does not lose its task: its next equal request takes that task over.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TaskRef } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Running } from '../kernel/running.ts'
import { within } from '../kernel/within.ts'
import { LedgerUnavailable, type Asked, type Ledger, type Order } from '../ledger/ledger.ts'
import type { Debt, Debts } from './debts.ts'

export type LostAnswersOptions = {
  ledger: Ledger
  debts: Debts
  /** what is under way: a stop waits for it */
  running: Running
}

/** Who waits for the answer: `gone` aborts when it goes away unanswered. */
export type Waiting = { gone: AbortSignal, log: Log }

/** How long an order waits for what the ledger must know before it. */
const HELD_BACK_MS = 250

/** How the next equal request will know this one. @param ref the task that is answered for: the order's own, or one that it took over */
export function askedBy ({ caller: { team, key }, fingerprint }: Order, ref: TaskRef): Asked { return { ref, team: team.id, keyId: key.id, fingerprint } }

/**
 * Lets the event loop deliver what has arrived already. The end of one connection is handled after the data of others, so a caller
 * that hangs up and asks again at once over another connection would else not be known to have gone.
 */
export async function noticeWhoLeft (): Promise<void> {
  await nextTurn()
  await nextTurn()
}

/** What the ledger is still to learn: `owed` once it could not be told. */
type Untold = { over: Promise<unknown>, owed: boolean }

/** Tells the ledger of callers that have gone, and lets no equal order in until it knows. */
export class LostAnswers {
  readonly #options: LostAnswersOptions
  /** by who asked for what */
  readonly #untold = new Map<string, Set<Untold>>()
  /** by who waited: a task that was left may be another caller's already, and is not left again */
  readonly #left = new WeakMap<Waiting, Set<TaskRef>>()

  constructor (options: LostAnswersOptions) { this.#options = options }

  /** Resolves when the ledger knows of everybody who asked for the same and has gone by now. @throws LedgerUnavailable if it could not be told, or not soon */
  async known ({ caller, fingerprint }: Order): Promise<void> {
    const untold = this.#untold.get(nameOf(caller.key.id, fingerprint))
    if (untold === undefined) return
    const isOwed = (): boolean => [...untold].some(({ owed }) => owed)
    if (!isOwed() && await within(HELD_BACK_MS, Promise.all([...untold].map(({ over }) => over))) && !isOwed()) return
    throw new LedgerUnavailable(new Error('the ledger does not know yet that an equal order was not answered'), { untouched: true })
  }

  /** Leaves the task to the next equal order when the caller goes away unanswered, or at once if it has gone already. @param ref the task that is answered for, if there is one in the end */
  whenGone (waiting: Waiting, order: Order, ref: Promise<TaskRef | undefined>): void {
    const { gone } = waiting
    const leave = (): void => {
      const leaving = ref.then(found => found === undefined ? undefined : this.leave(waiting, askedBy(order, found)))
      this.#add(nameOf(order.caller.key.id, order.fingerprint), { over: leaving, owed: false })
      this.#options.running.track(leaving)
    }
    if (gone.aborted) leave()
    else gone.addEventListener('abort', leave, { once: true })
  }

  /** Marks the task as one that whoever waits was not answered for, once; the ledger is told again until it knows. Never rejects. */
  async leave (waiting: Waiting, asked: Asked): Promise<void> {
    const left = this.#left.get(waiting) ?? new Set()
    if (left.has(asked.ref)) return
    this.#left.set(waiting, left.add(asked.ref))
    const name = nameOf(asked.keyId, asked.fingerprint)
    const lose = () => this.#options.ledger.lose(asked)
    const telling = lose()
    this.#add(name, { over: telling.catch(() => {}), owed: false })
    try {
      await telling
    } catch {
      this.#owe(name, { facts: { task_ref: asked.ref, lost: true }, pay: lose })
    }
    waiting.log.info({ task_ref: asked.ref }, 'answer lost')
  }

  /** The ledger did not say whether it has the order, or what that took over: it is told of the order until it knows. */
  owe ({ caller, fingerprint }: Order, debt: Debt): void { this.#owe(nameOf(caller.key.id, fingerprint), debt) }

  #owe (name: string, debt: Debt): void { this.#add(name, { over: this.#options.debts.owe(debt), owed: true }) }

  #add (name: string, one: Untold): void {
    const untold = this.#untold.get(name) ?? new Set()
    this.#untold.set(name, untold.add(one))
    one.over.finally(() => {
      untold.delete(one)
      if (untold.size === 0) this.#untold.delete(name)
    })
  }
}

function nameOf (keyId: string, fingerprint: string): string { return `${keyId} ${fingerprint}` }
