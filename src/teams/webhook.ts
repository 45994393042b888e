// A team's webhook: where the team wants to be told of what, and the secrets that it knows the gateway by.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { unknownField } from '../kernel/field-errors.ts'
import { randomBase62, type TeamId, type WebhookId } from '../kernel/ids.ts'
import { jsonObject } from '../kernel/json-object.ts'
import { Secret } from '../kernel/secret.ts'

export const WEBHOOK_EVENTS = ['task.completed', 'task.failed', 'task.unknown', 'task.expired', 'quota.threshold'] as const
export type WebhookEvent = typeof WEBHOOK_EVENTS[number]

export type Webhook = {
  id: WebhookId
  team: TeamId
  /** tells it apart from an earlier webhook of the same id, whose deliveries are not its own */
  serial: string
  url: string
  events: WebhookEvent[]
  enabled: boolean
  secret: Secret
  /** the secret before the last rotation, which signs as well until then */
  previous: { secret: Secret, endsAtMs: number } | null
  /** grows with every change */
  version: number
  createdAtMs: number
  updatedAtMs: number
}

export const WEBHOOKS_A_TEAM_MAX = 20
/** How long the secret before the last one is still signed with. */
export const ROTATION_OVERLAP_MS = 86_400_000

const SECRET_BYTES = 32
const URL_CHARACTERS_MAX = 2000

const URL_ERROR = 'must be an https URL, such as https://example.com/hooks'

const url = z.url({ protocol: /^https?$/, error: issue => issue.input === undefined ? 'is required' : URL_ERROR })
  .max(URL_CHARACTERS_MAX, { error: `must have at most ${URL_CHARACTERS_MAX} characters` })
  .refine(text => {
    const read = URL.parse(text)
    return read === null || (read.username === '' && read.password === '' && read.hash === '')
  }, { error: 'must not hold a user, a password or a fragment' })

const event = z.enum(WEBHOOK_EVENTS, {
  error: ({ input }) => typeof input === 'string' ? unknownField(input, WEBHOOK_EVENTS) : `must be one of ${WEBHOOK_EVENTS.join(', ')}`
})

/** The body that makes or changes a webhook. */
export const webhookSchema = jsonObject({
  url: url.meta({ description: 'https, without a user, a password or a fragment' }),
  events: z.array(event, { error: issue => issue.input === undefined ? 'is required' : 'must be a list of events' })
    .min(1, { error: `must name at least one of ${WEBHOOK_EVENTS.join(', ')}` })
    .transform(events => WEBHOOK_EVENTS.filter(name => events.includes(name)))
    .meta({ description: 'what it wants to be told of' }),
  enabled: z.boolean({ error: 'must be true or false' }).default(true).meta({ description: 'a disabled one is sent nothing' })
})

/** A new signing secret: `whsec_` and 32 random bytes in base64, as the Standard Webhooks specification has it. */
export function newWebhookSecret (): Secret { return new Secret(`whsec_${randomBytes(SECRET_BYTES).toString('base64')}`) }

export function newSerial (): string { return randomBase62(16) }

/** The secrets that a message is signed with now, the newest first. */
export function signingSecrets ({ secret, previous }: Webhook, nowMs: number): Secret[] {
  return previous !== null && nowMs < previous.endsAtMs ? [secret, previous.secret] : [secret]
}
