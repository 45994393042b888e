// A task as lists show it; a single task is shown in upstream's own words.
import { formatUsd } from '../../kernel/money.ts'
import { rfc3339 } from '../../kernel/time.ts'
import type { Task } from '../../ledger/task.ts'

export function taskJson (task: Task) {
  return {
    task_ref: task.ref,
    task_id: task.taskId,
    model: task.model,
    // Said of what cost nothing; everything else is live.
    mode: task.mode === 'test' ? task.mode : undefined,
    status: task.state,
    money: task.money,
    price_usd: formatUsd(task.priceMicros),
    team: task.team,
    key_id: task.keyId,
    created_at: rfc3339(task.createdAtMs),
    updated_at: rfc3339(task.updatedAtMs)
  }
}
