// Webhooks as rows.
import { z } from 'zod'
import type { DatabaseSync } from 'node:sqlite'
import type { TeamId, WebhookId } from '../../kernel/ids.ts'
import type { PageQuery } from '../../kernel/page.ts'
import { Secret } from '../../kernel/secret.ts'
import { WEBHOOK_EVENTS, type Webhook } from '../../teams/webhook.ts'
import { integer, integerOrNull, text, textOrNull, type Row } from './row.ts'

const eventsSchema = z.array(z.enum(WEBHOOK_EVENTS))

/** The statements that read and write webhooks. */
export function webhookTable (database: DatabaseSync) {
  const insert = database.prepare(`INSERT INTO webhooks VALUES
    (:serial, :id, :team, :url, :events, :enabled, :secret, :previousSecret, :previousEndsMs, :version, :createdAtMs, :updatedAtMs) ON CONFLICT (team, id) DO NOTHING`)
  const update = database.prepare(`UPDATE webhooks SET url = :url, events = :events, enabled = :enabled, secret = :secret, previous_secret = :previousSecret,
    previous_ends_ms = :previousEndsMs, version = :version, updated_at_ms = :updatedAtMs WHERE serial = :serial AND version = :version - 1`)
  const remove = database.prepare('DELETE FROM webhooks WHERE serial = ?')
  const byId = database.prepare('SELECT * FROM webhooks WHERE team = ? AND id = ?')
  const bySerial = database.prepare('SELECT * FROM webhooks WHERE serial = ?')
  const after = database.prepare('SELECT * FROM webhooks WHERE team = ? AND id > ? ORDER BY id LIMIT ?')
  const count = database.prepare('SELECT count(*) AS webhooks FROM webhooks WHERE team = ?')
  const enabled = database.prepare('SELECT * FROM webhooks WHERE team = ? AND enabled = 1')

  return {
    insert ({ id, team, createdAtMs, ...webhook }: Webhook): boolean { return insert.run({ ...columns(webhook), id, team, createdAtMs }).changes === 1 },
    update ({ id, team, createdAtMs, ...webhook }: Webhook): boolean { return update.run(columns(webhook)).changes === 1 },
    remove (serial: string): boolean { return remove.run(serial).changes === 1 },
    byId (team: TeamId, id: WebhookId): Webhook | undefined { return read(byId.get(team, id)) },
    bySerial (serial: string): Webhook | undefined { return read(bySerial.get(serial)) },
    after (team: TeamId, { cursor, limit }: PageQuery): Webhook[] { return after.all(team, cursor ?? '', limit).map(readRow) },
    countOf (team: TeamId): number { return integer(count.get(team) ?? {}, 'webhooks') },
    enabledOf (team: TeamId): Webhook[] { return enabled.all(team).map(readRow) }
  }
}

function columns ({ serial, url, events, enabled, secret, previous, version, updatedAtMs }: Omit<Webhook, 'id' | 'team' | 'createdAtMs'>) {
  return {
    serial,
    url,
    events: JSON.stringify(events),
    enabled: Number(enabled),
    secret: secret.reveal(),
    previousSecret: previous?.secret.reveal() ?? null,
    previousEndsMs: previous?.endsAtMs ?? null,
    version,
    updatedAtMs
  }
}

function read (row: Row | undefined): Webhook | undefined { return row && readRow(row) }

function readRow (row: Row): Webhook {
  const [previousSecret, previousEndsMs] = [textOrNull(row, 'previous_secret'), integerOrNull(row, 'previous_ends_ms')]
  return {
    id: text(row, 'id') as WebhookId,
    team: text(row, 'team') as TeamId,
    serial: text(row, 'serial'),
    url: text(row, 'url'),
    events: eventsSchema.parse(JSON.parse(text(row, 'events'))),
    enabled: integer(row, 'enabled') === 1,
    secret: new Secret(text(row, 'secret')),
    previous: previousSecret === null || previousEndsMs === null ? null : { secret: new Secret(previousSecret), endsAtMs: previousEndsMs },
    version: integer(row, 'version'),
    createdAtMs: integer(row, 'created_at_ms'),
    updatedAtMs: integer(row, 'updated_at_ms')
  }
}
