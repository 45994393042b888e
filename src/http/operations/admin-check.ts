// What the document says of the check of the gateway.
import type { Operation } from '../operation.ts'
import { checkShape } from '../shapes/check.ts'

export const adminCheck = {
  check: {
    id: 'checkGateway',
    tag: 'admin: ledger',
    summary: 'Check configuration, prices, catalog, upstream and ledger',
    description: 'Every upstream token is tried by looking at a task that does not exist, which costs nothing. The status is 200 also if a check fails.',
    answers: { 200: { description: 'What each check found.', schema: checkShape } }
  }
} as const satisfies Record<string, Operation>
