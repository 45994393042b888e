// MuleRouter, as far as the stories need it: the role that upstream/ plays.
import type { Fields } from '../catalog/fields.ts'
import type { TaskId } from '../kernel/ids.ts'
import type { TaskBody } from '../ledger/task.ts'
import type { KeyMode } from '../teams/api-key.ts'

/** A definitive no, in the provider's words as far as it had any. */
export type UpstreamRefusal = {
  status: number
  /** whether the body had the provider's own error shape; a proxy's page has not */
  ownShape: boolean
  title: string | undefined
  detail: string | undefined
  errorCode: number | undefined
  retryAfterS: number | undefined
}

/** What happened on the wire: `unsent` was provably never sent, `unknown` may have been received and answered. */
export type NoAnswer =
  | { kind: 'unsent', cause: unknown }
  | { kind: 'unknown', cause: unknown }

export type SubmitOutcome =
  | { kind: 'accepted', status: number, taskId: TaskId, credential: string, body: TaskBody, traceparent: string | undefined }
  | { kind: 'refused', refusal: UpstreamRefusal }
  | { kind: 'unsent', cause: unknown }
  | { kind: 'unknown', cause: unknown, credential: string }

export type LookOutcome =
  | { kind: 'seen', body: TaskBody }
  /** the provider says that there is no such task, to the token that made it */
  | { kind: 'missing' }
  /** anything that is no readable answer about this very task: never a verdict */
  | { kind: 'failed', cause: unknown, retryAfterS?: number | undefined }

export type RemoveOutcome =
  | { kind: 'deleted', body: { task_id: string, deleted_at: string } }
  | { kind: 'refused', refusal: UpstreamRefusal }
  | NoAnswer

/** A create: the route's path and a body in normal form. `notAfterMs`: it must not leave later, for others may believe then that nobody sends it any more. */
export type Submission = { path: string, mode: KeyMode, body: Fields, traceparent: string, notAfterMs: number }

/** Where a task lives upstream, and which token made it. */
export type TaskAddress = {
  path: string
  mode: KeyMode
  taskId: TaskId
  credential: string | null
  /** of the request that asks for it; undefined when nobody does */
  traceparent: string | undefined
  /** of the request that began the task, if it was recorded */
  begunBy: string | null
}

/** What a token met that was tried without asking for anything; tokens are named by their fingerprints. */
export type Probe =
  | { kind: 'welcome', credential: string }
  | { kind: 'refused', credential: string, status: number }
  | { kind: 'unreachable', credential: string, cause: unknown }

/** Calls MuleRouter with the gateway's own token, within the deadline. No method throws: outcomes are values. */
export interface Upstream {
  /** Sends a create once; again only if that was a definitive no to one token of several. */
  submit (submission: Submission): Promise<SubmitOutcome>
  look (address: TaskAddress): Promise<LookOutcome>
  remove (address: TaskAddress): Promise<RemoveOutcome>
  /** Tries every token by looking at a task that does not exist: that costs nothing. */
  probe (address: { path: string, traceparent: string }): Promise<Probe[]>
}

/** MuleRouter for what live keys begin, and something that costs nothing for what test keys do. */
export function upstreamByMode (upstreams: Record<KeyMode, Upstream>): Upstream {
  return {
    submit: submission => upstreams[submission.mode].submit(submission),
    look: address => upstreams[address.mode].look(address),
    remove: address => upstreams[address.mode].remove(address),
    probe: address => upstreams.live.probe(address)
  }
}
