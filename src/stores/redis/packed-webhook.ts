// A webhook as one value: two lines, of which scripts read the first.
import { z } from 'zod'
import type { TeamId, WebhookId } from '../../kernel/ids.ts'
import { Secret } from '../../kernel/secret.ts'
import { WEBHOOK_EVENTS, type Webhook } from '../../teams/webhook.ts'

const HEADER = /^(\d+) ([01]) (\S+) (\S+)$/

const eventsSchema = z.array(z.enum(WEBHOOK_EVENTS))
const secret = z.string().transform(text => new Secret(text))
const restSchema = z.object({
  url: z.string(),
  secret,
  previous: z.object({ secret, endsAtMs: z.int() }).nullable(),
  createdAtMs: z.int(),
  updatedAtMs: z.int()
})

export function packWebhook ({ version, enabled, serial, events, ...webhook }: Webhook): string {
  const { url, secret, previous, createdAtMs, updatedAtMs } = webhook
  const rest: z.input<typeof restSchema> = {
    url, secret: secret.reveal(), previous: previous && { ...previous, secret: previous.secret.reveal() }, createdAtMs, updatedAtMs
  }
  return `${version} ${Number(enabled)} ${serial} ${events.join(',')}\n${JSON.stringify(rest)}`
}

/** @throws if the value is not what this gateway writes */
export function unpackWebhook (team: TeamId, id: string, value: string): Webhook {
  const [header = '', rest = ''] = value.split('\n')
  const [, version, enabled, serial, events] = HEADER.exec(header) ?? []
  if (serial === undefined || events === undefined) throw new Error('a webhook in Redis has a header')
  return {
    ...restSchema.parse(JSON.parse(rest)), id: id as WebhookId, team, serial, version: Number(version), enabled: enabled === '1', events: eventsSchema.parse(events.split(','))
  }
}
