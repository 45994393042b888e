// A single task as it is shown: MuleRouter's own body of it, with its status in one of four words.
import { z } from 'zod'
import { TASK_STATUSES } from '../../ledger/task.ts'

const TASK_ID = '8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11'

/** Loose: whatever MuleRouter adds is passed on. */
export const taskBodyShape = z.looseObject({
  task_info: z.looseObject({
    id: z.string().meta({ description: 'MuleRouter\'s id' }),
    status: z.enum(TASK_STATUSES),
    created_at: z.string().optional(),
    updated_at: z.string().optional(),
    error: z.looseObject({ code: z.int().optional(), title: z.string().optional(), detail: z.string().optional() }).optional()
      .meta({ description: 'of a failed task; code 5040 is the gateway\'s own, of a task that it has given up' })
  }),
  videos: z.array(z.unknown()).optional().meta({ description: 'of a completed task: where its videos are, as URLs that end after some time' })
}).meta({
  id: 'TaskBody',
  description: 'What MuleRouter says of a task; members that it adds are passed on.',
  examples: [
    { task_info: { id: TASK_ID, status: 'pending', created_at: '2026-11-22T09:30:00.000Z', updated_at: '2026-11-22T09:30:00.000Z' } },
    { task_info: { id: TASK_ID, status: 'completed', created_at: '2026-11-22T09:30:00.000Z', updated_at: '2026-11-22T09:31:10.000Z' }, videos: ['https://example.com/video.mp4'] }
  ]
})

export const deletedShape = z.strictObject({ task_id: z.string(), deleted_at: z.string() }).meta({
  id: 'Deleted', examples: [{ task_id: TASK_ID, deleted_at: '2026-11-22T09:30:20.000Z' }]
})
