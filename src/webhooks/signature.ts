// How a receiver knows that a message is ours: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { Webhook as Signer } from 'standardwebhooks'
import type { Secret } from '../kernel/secret.ts'

export type Signing = { id: string, payload: string, secrets: readonly Secret[], nowMs: number }

/** The three headers; with a signature for each secret, so that a receiver may know either. */
export function signatureHeaders ({ id, payload, secrets, nowMs }: Signing): Record<string, string> {
  const at = new Date(nowMs)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(nowMs / 1000)),
    'webhook-signature': secrets.map(secret => new Signer(secret.reveal()).sign(id, at, payload)).join(' ')
  }
}
