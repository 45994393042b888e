// Deliveries as rows.
import { z } from 'zod'
import type { DatabaseSync } from 'node:sqlite'
import type { MessageId, TeamId } from '../../kernel/ids.ts'
import { InvalidCursor } from '../../kernel/page.ts'
import { TEST_EVENT, type Announcement } from '../../ledger/announcement.ts'
import { DEAD_KEPT_MS, DELIVERED_KEPT_MS, DELIVERY_STATES, newDelivery, type Delivery } from '../../ledger/delivery.ts'
import type { Claimed, DeliveryQuery } from '../../ledger/outbox.ts'
import { WEBHOOK_EVENTS, type Webhook } from '../../teams/webhook.ts'
import { integer, integerOrNull, text, textOrNull, type Row } from './row.ts'
import { webhookTable } from './webhooks.ts'

const stateSchema = z.enum(DELIVERY_STATES)
const typeSchema = z.enum([...WEBHOOK_EVENTS, TEST_EVENT])

/** So many are removed by a call, in a few milliseconds: nobody waits for more, after a day on which the gateway stood still or when their webhook goes. */
const DROPPED_AT_ONCE = 1000

/** The statements that read and write deliveries. Each method runs inside a transaction of the caller's. */
export function deliveryTable (database: DatabaseSync) {
  const webhooks = webhookTable(database)
  const insert = database.prepare(`INSERT INTO deliveries
    (serial, id, type, payload, state, attempts, attempts_before, last_status, last_error, created_at_ms, due_ms, lease_ms, ended_at_ms)
    VALUES (:serial, :id, :type, :payload, :state, :attempts, :attemptsBefore, :lastStatus, :lastError, :createdAtMs, :dueAtMs, 0, :endedAtMs) ON CONFLICT DO NOTHING`)
  const update = database.prepare(`UPDATE deliveries SET state = :state, attempts = :attempts, attempts_before = :attemptsBefore, last_status = :lastStatus,
    last_error = :lastError, due_ms = :dueAtMs, lease_ms = 0, ended_at_ms = :endedAtMs
    WHERE serial = :serial AND id = :id AND state = :stateBefore AND attempts = :attemptsKnown`)
  const byId = database.prepare('SELECT * FROM deliveries WHERE serial = ? AND id = ?')
  const due = database.prepare('SELECT * FROM deliveries WHERE due_ms <= ? AND lease_ms = 0 ORDER BY due_ms, number LIMIT ?')
  const leaseEnded = database.prepare('SELECT * FROM deliveries WHERE due_ms <= ?1 AND lease_ms BETWEEN 1 AND ?1 ORDER BY lease_ms, due_ms, number LIMIT ?2')
  const pending = database.prepare('SELECT count(*) AS count FROM deliveries WHERE due_ms IS NOT NULL')
  const lease = database.prepare('UPDATE deliveries SET lease_ms = ? WHERE number = ?')
  const endLeases = database.prepare('UPDATE deliveries SET lease_ms = 0 WHERE lease_ms > 0')
  const page = database.prepare('SELECT * FROM deliveries WHERE serial = ? AND number < ? ORDER BY number DESC LIMIT ?')
  const pageOf = database.prepare('SELECT * FROM deliveries WHERE serial = ? AND state = ? AND number < ? ORDER BY number DESC LIMIT ?')
  const listening = database.prepare('SELECT 1 FROM webhooks WHERE team = ? AND enabled = 1 LIMIT 1')
  const drop = database.prepare(`DELETE FROM deliveries WHERE number IN (
    SELECT number FROM deliveries WHERE state = ? AND ended_at_ms <= ? ORDER BY ended_at_ms LIMIT ${DROPPED_AT_ONCE})`)
  const dropOf = database.prepare(`DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries WHERE serial = ? LIMIT ${DROPPED_AT_ONCE})`)

  function tell (webhook: Webhook, announcement: Announcement): Delivery {
    const delivery = newDelivery(announcement, { webhook: webhook.id, serial: webhook.serial })
    const { team, webhook: _id, ...columns } = delivery
    insert.run(columns)
    return delivery
  }

  return {
    tell,

    /** Whether anybody hears what the team is told. */
    isHeard (team: TeamId): boolean { return listening.get(team) !== undefined },

    /** Tells every enabled webhook of the team that wants it, of each message once. */
    announce (announcement: Announcement): void {
      for (const webhook of webhooks.enabledOf(announcement.team)) {
        if (webhook.events.some(event => event === announcement.type)) tell(webhook, announcement)
      }
    },

    replace ({ state: stateBefore, attempts: attemptsKnown }: Delivery, { id, serial, state, attempts, attemptsBefore, lastStatus, lastError, dueAtMs, endedAtMs }: Delivery): boolean {
      return update.run({ id, serial, state, attempts, attemptsBefore, lastStatus, lastError, dueAtMs, endedAtMs, stateBefore, attemptsKnown }).changes === 1
    },

    /** What was claimed and not begun comes last: a webhook that has more than may be sent to it is not in the way of the others. */
    claim (nowMs: number, { count, leaseMs }: { count: number, leaseMs: number }): Claimed[] {
      const rows = due.all(nowMs, count)
      if (rows.length < count) rows.push(...leaseEnded.all(nowMs, count - rows.length))
      return rows.map(row => {
        lease.run(nowMs + leaseMs, integer(row, 'number'))
        const webhook = webhooks.bySerial(text(row, 'serial'))
        if (webhook === undefined) throw new Error('a delivery goes when its webhook does')
        return { webhook, delivery: readRow(row, webhook) }
      })
    },

    countPending (): number { return integer(pending.get() ?? {}, 'count') },

    /** At start: whoever had a lease has ended. */
    endLeases (): void { endLeases.run() },

    byId (webhook: Webhook, id: MessageId): Delivery | undefined {
      const row = byId.get(webhook.serial, id)
      return row && readRow(row, webhook)
    },

    /** @throws InvalidCursor */
    page (webhook: Webhook, { state, cursor, limit }: DeliveryQuery): Delivery[] {
      const place = cursor === null ? undefined : byId.get(webhook.serial, cursor)
      if (cursor !== null && place === undefined) throw new InvalidCursor()
      const before = place === undefined ? Number.MAX_SAFE_INTEGER : integer(place, 'number')
      const rows = state === undefined ? page.all(webhook.serial, before, limit) : pageOf.all(webhook.serial, state, before, limit)
      return rows.map(row => readRow(row, webhook))
    },

    /** Removes some of a webhook's. @returns whether there may be more */
    dropSome (serial: string): boolean { return dropOf.run(serial).changes === DROPPED_AT_ONCE },

    prune (nowMs: number): void {
      drop.run('delivered', nowMs - DELIVERED_KEPT_MS)
      drop.run('dead', nowMs - DEAD_KEPT_MS)
    }
  }
}

function readRow (row: Row, { id: webhook, team, serial }: Webhook): Delivery {
  return {
    id: text(row, 'id') as MessageId,
    team,
    webhook,
    serial,
    type: typeSchema.parse(row['type']),
    payload: text(row, 'payload'),
    state: stateSchema.parse(row['state']),
    attempts: integer(row, 'attempts'),
    attemptsBefore: integer(row, 'attempts_before'),
    lastStatus: integerOrNull(row, 'last_status'),
    lastError: textOrNull(row, 'last_error'),
    createdAtMs: integer(row, 'created_at_ms'),
    dueAtMs: integerOrNull(row, 'due_ms'),
    endedAtMs: integerOrNull(row, 'ended_at_ms')
  }
}
