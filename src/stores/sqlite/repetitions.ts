// Orders that repeat an earlier one: by an Idempotency-Key, or because the earlier caller was never answered.
import type { DatabaseSync } from 'node:sqlite'
import type { KeyId, TaskRef } from '../../kernel/ids.ts'
import { ownerOf } from '../../ledger/account.ts'
import type { Repetition } from '../../ledger/admission.ts'
import { LOST_ANSWER_MS } from '../../ledger/keeping.ts'
import type { Order } from '../../ledger/ledger.ts'
import { freesKey, precedentOf, repetitionOf } from '../../ledger/repetition.ts'
import { taskBodySchema, type ObservedTask, type Resolution, type Task } from '../../ledger/task.ts'
import { integer, text, textOrNull } from './row.ts'

export type RepetitionOptions = {
  database: DatabaseSync
  readTask: (ref: TaskRef) => Task | undefined
  idempotencyTtlMs: number
}

/** The statements about repetitions. Each method runs inside a transaction of the caller's. */
export function repetitions ({ database, readTask, idempotencyTtlMs }: RepetitionOptions) {
  const readClaim = database.prepare('SELECT * FROM claims WHERE team = ? AND model = ? AND name = ?')
  const writeClaim = database.prepare('INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, NULL, ?)')
  const answerClaim = database.prepare('UPDATE claims SET answer = ? WHERE ref = ?')
  const dropClaim = database.prepare('DELETE FROM claims WHERE ref = ?')
  const readLost = database.prepare('SELECT ref FROM lost_answers WHERE key_id = ? AND fingerprint = ? AND expires_at_ms > ? ORDER BY number')
  const writeLost = database.prepare('INSERT INTO lost_answers (key_id, fingerprint, ref, expires_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const dropLost = database.prepare('DELETE FROM lost_answers WHERE ref = ?')
  const dropOldLost = database.prepare('DELETE FROM lost_answers WHERE expires_at_ms <= ?')
  const loseSubmitting = database.prepare(`INSERT INTO lost_answers (key_id, fingerprint, ref, expires_at_ms)
    SELECT key_id, fingerprint, ref, ? FROM tasks WHERE state <> 'completed' AND state = 'submitting' AND NOT EXISTS (SELECT 1 FROM claims WHERE claims.ref = tasks.ref)
    ORDER BY number
    ON CONFLICT DO NOTHING`)

  function ofClaim (order: Order, name: string, nowMs: number): Repetition | undefined {
    const claim = readClaim.get(ownerOf('team', order.caller), order.model, name)
    const task = claim && readTask(text(claim, 'ref') as TaskRef)
    if (claim === undefined || task === undefined) return undefined
    const precedent = precedentOf(task)
    if (precedent === 'void' || (precedent !== 'open' && nowMs >= integer(claim, 'expires_at_ms'))) return undefined
    if (text(claim, 'fingerprint') !== order.fingerprint) return { kind: 'mismatch' }
    const answer = textOrNull(claim, 'answer')
    return repetitionOf(task, { lost: false, body: answer === null ? task.body : taskBodySchema.parse(JSON.parse(answer)) })
  }

  /** The oldest lost task that there is something to say of; older ones that were deleted or given back are dropped. */
  function ofLostAnswer ({ caller: { key }, fingerprint }: Order, nowMs: number): Repetition | undefined {
    for (const lost of readLost.all(key.id, fingerprint, nowMs)) {
      const ref = text(lost, 'ref') as TaskRef
      const task = readTask(ref)
      const repetition = task === undefined || ['void', 'released'].includes(precedentOf(task)) ? undefined : repetitionOf(task, { lost: true, body: task.body })
      if (repetition !== undefined) return repetition
      dropLost.run(ref)
    }
    return undefined
  }

  return {
    /** What the order repeats, or undefined if it is a new one. */
    find (order: Order, nowMs: number): Repetition | undefined {
      return order.idempotencyKey === undefined ? ofLostAnswer(order, nowMs) : ofClaim(order, order.idempotencyKey, nowMs)
    },

    /** The order that was found to repeat a lost one answers for it now. */
    takeOver (ref: TaskRef): void { dropLost.run(ref) },

    /** Claims the Idempotency-Key for the order's own task. */
    claim ({ ref, caller, model, fingerprint, idempotencyKey }: Order, nowMs: number): void {
      if (idempotencyKey !== undefined) writeClaim.run(ownerOf('team', caller), model, idempotencyKey, fingerprint, ref, nowMs + idempotencyTtlMs)
    },

    /** Claims the Idempotency-Key for a task that is written anew, unless it stands for another one by now. */
    claimIfFree (order: Order, nowMs: number): void {
      const { caller, model, idempotencyKey } = order
      if (idempotencyKey !== undefined && readClaim.get(ownerOf('team', caller), model, idempotencyKey) === undefined) this.claim(order, nowMs)
    },

    /** Keeps the first answer for its replays; forgets a call that never began. */
    conclude (ref: TaskRef, seen: Resolution | ObservedTask): void {
      if (seen.kind === 'accepted') answerClaim.run(JSON.stringify(seen.body), ref)
      if (!freesKey(seen)) return
      dropClaim.run(ref)
      dropLost.run(ref)
    },

    /** Lets the next equal request take over a task that may exist. */
    lose ({ ref, keyId, fingerprint, state }: Pick<Task, 'ref' | 'fingerprint' | 'state'> & { keyId: KeyId }, nowMs: number): void {
      dropOldLost.run(nowMs)
      if (state === 'refused' || state === 'unsent') return
      writeLost.run(keyId, fingerprint, ref, nowMs + LOST_ANSWER_MS)
    },

    /** At start: whoever waited for a submission of the process before has gone. */
    loseSubmitting (nowMs: number): void { loseSubmitting.run(nowMs + LOST_ANSWER_MS) }
  }
}
