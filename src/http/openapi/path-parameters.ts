// What stands in paths: each name means the same everywhere.
import { z } from 'zod'

const PARAMETERS: Readonly<Record<string, z.ZodType>> = {
  team_id: z.string().regex(/^[a-z0-9-]{1,40}$/).meta({ description: 'A team.', example: 'ads' }),
  key_id: z.string().regex(/^key_[0-9A-Za-z]{1,40}$/).meta({ description: 'A key\'s id; never the key itself.', example: 'key_4fGh7Kq2Lm9Xz1Bc' }),
  task_id: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/).meta({ description: 'MuleRouter\'s id of a task.', example: '8e1e0b36-7a3b-4c0e-9a51-0e1f6a2f5c11' }),
  task_ref: z.string().regex(/^tsk_[0-9A-Za-z]{1,60}$/).meta({ description: 'The gateway\'s own name of a task.', example: 'tsk_27q0aZ3kQ8xW1mN5pR7tV9yB' }),
  webhook_id: z.string().regex(/^[a-z0-9-]{1,40}$/).meta({ description: 'A webhook of the team, by the name that the team gave it.', example: 'finished' }),
  delivery_id: z.string().regex(/^msg_[0-9A-Za-z_]{1,120}$/).meta({ description: 'A delivery: the id of its message.', example: 'msg_27q0aZ3kQ8xW1mN5pR7tV9yB_completed' })
}

const NAMES = /\{(\w+)\}/g

/** The path parameters of `/v1/webhooks/{webhook_id}`. @throws if one of them is described nowhere */
export function pathParametersOf (path: string): z.ZodObject {
  return z.strictObject(Object.fromEntries([...path.matchAll(NAMES)].map(([, name = '']) => {
    const schema = PARAMETERS[name]
    if (schema === undefined) throw new Error(`the path ${path} has a parameter that is described nowhere`)
    return [name, schema]
  })))
}
