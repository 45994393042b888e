// What the document says of the admin API's word about the ledger.
import type { Operation } from '../operation.ts'

export const adminLedger = {
  confirm: {
    id: 'confirmLedger',
    tag: 'admin: ledger',
    summary: 'Accept a ledger that has lost data',
    description: 'After Redis has lost what it acknowledged nothing is started until an operator confirms what is left.',
    answers: { 204: { description: 'Creates are admitted again.' } }
  }
} as const satisfies Record<string, Operation>
