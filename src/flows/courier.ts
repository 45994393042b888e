// The way to teams' receivers, as far as the stories need it: the role that webhooks/ plays.
import type { Attempt, Delivery } from '../ledger/delivery.ts'
import type { Webhook } from '../teams/webhook.ts'

/** `gone`: the receiver wants to hear nothing any more. */
export type Carried = Attempt | { kind: 'gone', status: number }

/** Carries messages. No method throws: outcomes are values. */
export interface Courier {
  /** One attempt, signed with the webhook's secrets, within the deadline. */
  carry (delivery: Delivery, webhook: Webhook): Promise<Carried>
  /** Why nothing is ever sent there, as a predicate such as "must be …"; undefined if only an attempt can tell. */
  problemOf (url: string): string | undefined
}
