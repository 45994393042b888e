// A task as lists show it; a single task is shown in upstream's own words.
import { z } from 'zod'
import { formatUsd } from '../../kernel/money.ts'
import { rfc3339 } from '../../kernel/time.ts'
import { MONEY, TASK_STATES, type Task } from '../../ledger/task.ts'
import { usdShape } from './limits.ts'
import { momentShape } from './moment.ts'
import { pageShape } from './page.ts'

export const taskShape = z.strictObject({
  task_ref: z.string().meta({ description: 'the gateway\'s own name of the task' }),
  task_id: z.string().nullable().meta({ description: 'MuleRouter\'s id; null until it accepted the task' }),
  model: z.string().meta({ description: '`vendor/model`' }),
  mode: z.literal('test').optional().meta({ description: 'said of what a test key began, which cost nothing' }),
  status: z.enum(TASK_STATES),
  money: z.enum(MONEY).meta({ description: 'what became of the price' }),
  price_usd: usdShape('the price, whatever became of it'),
  team: z.string(),
  key_id: z.string(),
  created_at: momentShape('when the create was admitted'),
  updated_at: momentShape('when anything about it changed last')
}).meta({
  id: 'Task',
  examples: [{
    task_ref: 'tsk_27q0aZ3kQ8xW1mN5pR7tV9yB',
    task_id: '8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11',
    model: 'alibaba/wan2.2-t2v-plus',
    status: 'completed',
    money: 'spent',
    price_usd: '0.50',
    team: 'ads',
    key_id: 'key_4fGh7Kq2Lm9Xz1Bc',
    created_at: '2026-11-22T09:30:00.000Z',
    updated_at: '2026-11-22T09:31:10.000Z'
  }]
})

export const taskPageShape = pageShape('TaskPage', taskShape)

export function taskJson (task: Task): z.input<typeof taskShape> {
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
