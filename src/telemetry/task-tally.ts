// What became of tasks and their prices, counted in whole numbers: a sum of dollars as fractions would drift.
import type { Counter } from 'prom-client'
import type { Transition } from '../ledger/ledger.ts'
import { MONEY, TASK_STATES, type Money, type Task, type TaskState } from '../ledger/task.ts'

type End = Exclude<TaskState, 'submitting' | 'pending' | 'processing'>
type Outcome = 'admitted' | 'accepted' | End
/** Of whom something is counted. */
type Subject = Pick<Task, 'team' | 'model' | 'mode' | 'priceMicros'>
type Kind = Omit<Subject, 'priceMicros'>
type Row = Kind & { outcomes: Map<Outcome, number>, micros: Map<Money, number> }

const OUTCOMES: readonly Outcome[] = ['admitted', 'accepted', ...TASK_STATES.filter(isOutcome)]
const MICROS_A_USD = 1_000_000

/** Counts what is told of it. Every step is told by the one gateway that took it, so that all of them together count it once. */
export class TaskTally {
  readonly #rows = new Map<string, Row>()

  /** Shows everything that such tasks may come to, as 0: so what comes first is a growth already, and whoever compares two scrapes sees it. */
  expect (kind: Kind): void { this.#rowOf(kind) }

  /** A task that was admitted: its price is held from now on. */
  admitted (task: Subject): void {
    this.#count(task, 'admitted')
    this.#became(task, 'held')
  }

  /** A step that was taken; one that changed nothing counts nowhere. */
  stepped ({ before, after }: Transition): void {
    if (before.taskId === null && after.taskId !== null) this.#count(after, 'accepted')
    if (after.state !== before.state && isOutcome(after.state)) this.#count(after, after.state)
    if (after.money !== before.money) this.#became(after, after.money)
  }

  collectOutcomes (counter: Counter<'team' | 'model' | 'mode' | 'outcome'>): void {
    counter.reset()
    for (const { team, model, mode, outcomes } of this.#rows.values()) {
      for (const [outcome, count] of outcomes) counter.inc({ team, model, mode, outcome }, count)
    }
  }

  collectMoney (counter: Counter<'team' | 'model' | 'money'>): void {
    counter.reset()
    for (const { team, model, micros } of this.#rows.values()) {
      for (const [money, sum] of micros) counter.inc({ team, model, money }, sum / MICROS_A_USD)
    }
  }

  #count (task: Subject, outcome: Outcome): void {
    const { outcomes } = this.#rowOf(task)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }

  /** What test keys begin costs nothing. */
  #became (task: Subject, money: Money): void {
    if (task.mode === 'test') return
    const { micros } = this.#rowOf(task)
    micros.set(money, (micros.get(money) ?? 0) + task.priceMicros)
  }

  #rowOf ({ team, model, mode }: Kind): Row {
    const name = `${team} ${model} ${mode}`
    let row = this.#rows.get(name)
    if (row === undefined) {
      row = { team, model, mode, outcomes: new Map(OUTCOMES.map(outcome => [outcome, 0])), micros: new Map(mode === 'test' ? [] : MONEY.map(money => [money, 0])) }
      this.#rows.set(name, row)
    }
    return row
  }
}

function isOutcome (state: TaskState): state is End {
  return state !== 'submitting' && state !== 'pending' && state !== 'processing'
}
