// A log of the gateway, put to its ledger line by line: what was bought must have an owner.
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { readAnswer, Refused, type AdminApi } from './admin-api.ts'
import { printable } from './printable.ts'

/** How many lines there were of which kind, and what became of the tasks. */
export type Summary = {
  lines: number
  not_json: number
  submitted: number
  /** the ledger has it as the log says */
  known: number
  /** the ledger had it without its id */
  attached: number
  /** the ledger did not have it */
  restored: number
  /** of those that run as far as it knows: the log says that they were deleted, or failed */
  ended: number
  /** older than tasks are kept */
  no_longer_kept: number
  refused: number
}

const submitted = z.object({
  msg: z.literal('task submitted'),
  time: z.string(),
  task_ref: z.string(),
  task_id: z.string(),
  team: z.string(),
  key_id: z.string(),
  model: z.string(),
  price_usd: z.string(),
  credential: z.string().optional()
})
type Submitted = z.output<typeof submitted>
/** What MuleRouter may have forgotten, and the ledger with it. */
const ended = z.object({ msg: z.enum(['task deleted', 'task failed']), task_ref: z.string(), money: z.enum(['spent', 'refunded']) })
const adoptedAnswer = z.looseObject({ result: z.enum(['known', 'attached', 'restored']), task: z.looseObject({ status: z.string() }) })

/** @param complain is told of every task that the gateway does not take @throws Unreachable, or Refused when the fault is not the line's */
export async function adoptLog (gateway: AdminApi, log: Readable, complain: (line: string) => void): Promise<Summary> {
  const summary: Summary = { lines: 0, not_json: 0, submitted: 0, known: 0, attached: 0, restored: 0, ended: 0, no_longer_kept: 0, refused: 0 }
  const running = new Map<string, Submitted>()
  for await (const line of createInterface({ input: log, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    summary.lines++
    const json = parse(line)
    if (json === undefined) summary.not_json++
    const { data: end } = ended.safeParse(json)
    const owner = end && running.get(end.task_ref)
    if (end !== undefined && owner !== undefined) {
      const { msg, money } = end
      await adopt(gateway, owner, { complain, ended: { status: msg === 'task deleted' ? 'deleted' : 'failed', money } })
      summary.ended++
    }
    const { data: task } = submitted.safeParse(json)
    if (task === undefined) continue
    summary.submitted++
    const { result, status } = await adopt(gateway, task, { complain })
    summary[result]++
    if (status === 'pending' || status === 'processing') running.set(task.task_ref, task)
  }
  return summary
}

/** `status`: how far the task is by now, if the ledger has it */
type Adopted = { result: 'known' | 'attached' | 'restored' | 'no_longer_kept' | 'refused', status?: string }
type AdoptOptions = { complain: (line: string) => void, ended?: { status: 'deleted' | 'failed', money: 'spent' | 'refunded' } }

async function adopt (gateway: AdminApi, { msg, time, ...task }: Submitted, { complain, ended }: AdoptOptions): Promise<Adopted> {
  try {
    const { result, task: { status } } = readAnswer(adoptedAnswer, await gateway.call('POST', '/admin/v1/ledger/adopt', { body: { ...task, submitted_at: time, ended } }))
    return { result, status }
  } catch (error) {
    if (!(error instanceof Refused) || ![400, 404, 409].includes(error.status)) throw error
    if (error.code === 'no_longer_kept') return { result: 'no_longer_kept' }
    complain(`${printable(task.task_ref)}: ${error.message}`)
    return { result: 'refused' }
  }
}

function parse (line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
