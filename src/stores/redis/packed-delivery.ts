// A delivery as one value: four lines, as outbox.lua writes them.
import { z } from 'zod'
import type { MessageId } from '../../kernel/ids.ts'
import { TEST_EVENT } from '../../ledger/announcement.ts'
import { DELIVERY_STATES, type Delivery } from '../../ledger/delivery.ts'
import { WEBHOOK_EVENTS, type Webhook } from '../../teams/webhook.ts'

const HEADER = /^([a-z]+) (\d+) (\d+)$/
const FIXED = /^(\S+) (\d+)$/

const stateSchema = z.enum(DELIVERY_STATES)
const typeSchema = z.enum([...WEBHOOK_EVENTS, TEST_EVENT])
/** What attempts change: empty before the first. */
const changingSchema = z.object({
  before: z.int().default(0),
  status: z.int().nullable().default(null),
  error: z.string().nullable().default(null),
  due: z.int().nullable().optional(),
  ended: z.int().nullable().default(null)
})

/** A delivery and its place in the lists of its webhook. */
export type StoredDelivery = { number: number, delivery: Delivery }

/** The line that a step writes. */
export function packChanging ({ attemptsBefore, lastStatus, lastError, dueAtMs, endedAtMs }: Delivery): string {
  const changing: z.input<typeof changingSchema> = { before: attemptsBefore, status: lastStatus, error: lastError, due: dueAtMs, ended: endedAtMs }
  return JSON.stringify(changing)
}

/** @throws if the value is not what this gateway writes */
export function unpackDelivery ({ team, id: webhook, serial }: Webhook, id: string, value: string): StoredDelivery {
  const [header = '', fixed = '', payload = '', changingLine = ''] = value.split('\n')
  const [, state, attempts, number] = HEADER.exec(header) ?? []
  const [, type, createdAtMs] = FIXED.exec(fixed) ?? []
  if (number === undefined || type === undefined) throw new Error('a delivery in Redis has a header')
  const { before, status, error, due, ended } = changingSchema.parse(JSON.parse(changingLine))
  return {
    number: Number(number),
    delivery: {
      id: id as MessageId,
      team,
      webhook,
      serial,
      type: typeSchema.parse(type),
      payload,
      state: stateSchema.parse(state),
      attempts: Number(attempts),
      attemptsBefore: before,
      lastStatus: status,
      lastError: error,
      createdAtMs: Number(createdAtMs),
      dueAtMs: due === undefined ? Number(createdAtMs) : due,
      endedAtMs: ended
    }
  }
}
