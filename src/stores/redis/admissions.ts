// Whether an order may begin: asked, decided and written by one script, which is asked again if it wants to know more.
import { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { decide, type Admission } from '../../ledger/admission.ts'
import type { Keeping } from '../../ledger/keeping.ts'
import type { Order } from '../../ledger/ledger.ts'
import { newTask } from '../../ledger/new-task.ts'
import { repetitionOf } from '../../ledger/repetition.ts'
import type { Task } from '../../ledger/task.ts'
import { entryOf } from './entry.ts'
import type { Epochs } from './epochs.ts'
import type { Link } from './link.ts'
import { alertMessages } from './message.ts'
import type { Names } from './names.ts'
import { packTask, unpackTask, type StoredTask } from './packed-task.ts'
import { run } from './scripts.ts'
import type { StoreTime } from './store-time.ts'
import { tooManyTries, TRIES_MAX } from './tries.ts'

export type AdmissionsOptions = {
  link: Link
  names: Names
  epochs: Epochs
  time: StoreTime
  clock: Clock
  /** names this gateway among all that share the ledger */
  instance: string
  keeping: Keeping
  /** a task as it is written */
  storedOf: (order: Order, task: Task) => StoredTask
}

const held = z.array(z.string().nullable())
// The usual ones first: they are tried in this order.
const admitReply = z.union([
  z.tuple([z.enum(['admitted', 'refused']), z.int(), held]),
  z.tuple([z.enum(['late', 'stale', 'tell'])]),
  z.tuple([z.literal('epoch'), z.string(), z.string(), z.int()]),
  z.tuple([z.literal('repeats'), z.int(), z.string(), z.string()])
])

/** Decides about orders; a preview writes nothing. @throws LedgerUnavailable */
export function admissions ({ link, names, epochs, time, clock, instance, keeping, storedOf }: AdmissionsOptions): (order: Order, how: { preview: boolean }) => Promise<Admission> {
  return async (order, { preview }) => {
    time.check()
    const { caller: { team, key }, orderedAtMs, priceMicros, notAfterMs } = order
    const begun = newTask(order)
    const stored = storedOf(order, begun)
    const { shard, keys, about, position } = entryOf({ names, keeping }, order, { begun, stored, counts: true })
    const packed = packTask(stored)
    let messages: object[] | undefined
    for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
      const { epoch, acknowledged } = epochs.of(shard)
      const reply = admitReply.parse(await run(link, 'admit', {
        keys,
        about: {
          ...about, messages, instance, preview, epoch, acknowledged, team_version: String(team.version), key_version: String(key.version), now: clock.nowMs(), not_after: time.of(notAfterMs), told_now: time.told()
        },
        more: [packed]
      }))
      switch (reply[0]) {
        case 'late':
        case 'stale': return { kind: reply[0] }
        case 'tell': {
          messages = alertMessages(names, order)
          continue
        }
        case 'epoch': {
          await epochs.meet(shard, { id: reply[1], confirmed: reply[2], lost: reply[3] === 1 })
          continue
        }
        case 'repeats': return repeated(order, { lost: reply[1] === 1, ref: reply[2], value: reply[3] })
        case 'admitted':
        case 'refused': {
          if (!preview) epochs.acknowledge(shard, epoch, reply[1])
          const admission = decide(order.caller, priceMicros, orderedAtMs, position(reply[2]))
          if ((admission.kind === 'admitted') !== (reply[0] === 'admitted')) throw new Error('script and ledger decide alike')
          return admission
        }
      }
    }
    throw tooManyTries()
  }
}

function repeated (order: Order, { lost, ref, value }: { lost: boolean, ref: string, value: string }): Admission {
  const { task, answer } = unpackTask(ref, value)
  if (task.fingerprint !== order.fingerprint) return { kind: 'mismatch' }
  const repetition = repetitionOf(task, { lost, body: lost ? task.body : answer ?? task.body })
  if (repetition === undefined) throw new Error('a task that is repeated has an answer')
  return repetition
}
