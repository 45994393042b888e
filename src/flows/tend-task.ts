// The story of a task that nobody asks for: looked at, or ended by time alone.
import type { Endpoint } from '../catalog/endpoint.ts'
import type { Log } from '../kernel/log.ts'
import { endedByTime, isGivenUp } from '../ledger/schedule.ts'
import { isRunning, type ObservedTask, type Resolution, type SettlementRules, type Task } from '../ledger/task.ts'
import { addressOf, lookAtTask, type LookDependencies, type Looked } from './look-at-task.ts'
import { logSettlement } from './settle-task.ts'

export type TendDependencies = LookDependencies & { catalog: readonly Endpoint[], rules: SettlementRules, log: Log }

/** Does what is due for a task that was claimed. @throws LedgerUnavailable: then it is due again when its lease ends */
export async function tendTask (deps: TendDependencies, task: Task): Promise<void> {
  const ended = endedByTime(task, deps.clock.nowMs(), deps.rules)
  if (ended !== undefined) return settle(deps, task, ended)
  const { task: looked, status } = await look(deps, task)
  if (isRunning(looked) && isGivenUp(looked, deps.clock.nowMs(), { rules: deps.rules, isSeen: status !== undefined })) await settle(deps, looked, { kind: 'given-up' })
}

async function settle ({ ledger, log }: TendDependencies, task: Task, seen: Resolution | ObservedTask): Promise<void> {
  logSettlement(log, await ledger.observe(task, seen), { overdue: true })
}

/** One of a model that is not served any more cannot be looked at. */
async function look (deps: TendDependencies, task: Task): Promise<Looked> {
  const endpoint = deps.catalog.find(({ model }) => model === task.model)
  const address = endpoint && addressOf(endpoint, task)
  if (address === undefined) return { task: (await deps.ledger.observe(task, { kind: 'nothing' })).after, status: undefined }
  return lookAtTask(deps, task, address, deps.log)
}
