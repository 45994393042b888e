// A ledger that is timed, and whose steps are counted: what every gateway has done to it, seen where it is told.
import { LedgerUnavailable, type Ledger, type Transition } from '../ledger/ledger.ts'
import type { Metrics } from './metrics.ts'

/** The same ledger. A step whose acknowledgement was lost is not counted: the counters may be behind the ledger, never ahead. */
export function measuredLedger (ledger: Ledger, { tasks, ledgerOperations, ledger: backend }: Pick<Metrics, 'tasks' | 'ledgerOperations' | 'ledger'>): Ledger {
  /** Waits for the end of an operation that has begun. */
  function timed (operation: string) {
    const [ok, unavailable, failed] = ['ok', 'unavailable', 'failed'].map(result => ledgerOperations.labels(operation, backend, result))
    return async <Result>(beganMs: number, promise: Promise<Result>): Promise<Result> => {
      try {
        const result = await promise
        ok?.observe(secondsSince(beganMs))
        return result
      } catch (error) {
        (error instanceof LedgerUnavailable ? unavailable : failed)?.observe(secondsSince(beganMs))
        throw error
      }
    }
  }

  function stepped (transition: Transition): Transition {
    tasks.stepped(transition)
    return transition
  }

  const on = {
    admit: timed('admit'),
    preview: timed('preview'),
    resolve: timed('resolve'),
    observe: timed('observe'),
    lose: timed('lose'),
    claimDue: timed('claim_due'),
    giveBack: timed('give_back'),
    read: timed('read'),
    find: timed('find'),
    follow: timed('follow'),
    reserve: timed('reserve'),
    list: timed('list'),
    standing: timed('standing'),
    inspect: timed('inspect'),
    correct: timed('correct'),
    completeSince: timed('complete_since'),
    confirm: timed('confirm'),
    pulse: timed('pulse'),
    ping: timed('ping')
  }

  return {
    async admit (order) {
      const admission = await on.admit(performance.now(), ledger.admit(order))
      if (admission.kind === 'admitted') tasks.admitted({ team: order.caller.team.id, model: order.model, mode: order.caller.key.mode, priceMicros: order.priceMicros })
      return admission
    },
    preview: order => on.preview(performance.now(), ledger.preview(order)),
    resolve: async (order, outcome) => stepped(await on.resolve(performance.now(), ledger.resolve(order, outcome))),
    observe: async (task, seen) => stepped(await on.observe(performance.now(), ledger.observe(task, seen))),
    lose: asked => on.lose(performance.now(), ledger.lose(asked)),
    claimDue: (count, leaseMs) => on.claimDue(performance.now(), ledger.claimDue(count, leaseMs)),
    giveBack: task => on.giveBack(performance.now(), ledger.giveBack(task)),
    read: ref => on.read(performance.now(), ledger.read(ref)),
    find: (caller, taskId) => on.find(performance.now(), ledger.find(caller, taskId)),
    follow: ref => on.follow(performance.now(), ledger.follow(ref)),
    reserve: (taskId, ref) => on.reserve(performance.now(), ledger.reserve(taskId, ref)),
    watch: (ref, listener) => ledger.watch(ref, listener),
    list: query => on.list(performance.now(), ledger.list(query)),
    standing: caller => on.standing(performance.now(), ledger.standing(caller)),
    // Not timed: it lasts as long as its reader takes.
    usage: query => ledger.usage(query),
    inspect: query => on.inspect(performance.now(), ledger.inspect(query)),
    correct: (team, corrections) => on.correct(performance.now(), ledger.correct(team, corrections)),
    completeSince: () => on.completeSince(performance.now(), ledger.completeSince()),
    confirm: () => on.confirm(performance.now(), ledger.confirm()),
    pulse: () => on.pulse(performance.now(), ledger.pulse()),
    ping: () => on.ping(performance.now(), ledger.ping())
  }
}

function secondsSince (beganMs: number): number { return (performance.now() - beganMs) / 1000 }
