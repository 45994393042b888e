// Part of the contract: the audit trail is kept as it was written, newest first.
import { expect, test } from 'vitest'
import type { KeyId, TaskRef, TeamId, WebhookId } from '../../src/kernel/ids.ts'
import { InvalidCursor } from '../../src/kernel/page.ts'
import type { AuditEntry } from '../../src/ledger/audit.ts'
import { openBench } from './open-bench.ts'
import { everything, type Open } from './open-ledger.ts'

function anEntry (settings: Partial<AuditEntry> = {}): AuditEntry {
  return {
    atMs: 1_700_000_000_000,
    actor: 'alice',
    address: '192.0.2.7',
    requestId: 'req_1',
    action: 'ledger.confirmed',
    team: null,
    keyId: null,
    taskRef: null,
    webhook: null,
    changes: null,
    reason: null,
    outcome: 'made',
    ...settings
  }
}

const WHOLE = anEntry({
  action: 'team.changed',
  team: 'ads' as TeamId,
  keyId: 'key_1' as KeyId,
  taskRef: 'tsk_00x' as TaskRef,
  webhook: 'hook' as WebhookId,
  changes: { limits: { before: { quotas: [] }, after: { quotas: [{ per: 'day', unit: 'tasks', limit: 3 }] } }, name: { after: 'Werbung „Süd“\n' } },
  reason: 'because',
  outcome: 'not_made'
})

export function auditContract (open: Open): void {
  test('entries are read as they were written, newest first, each with an id of its own', async () => {
    const { audit } = await openBench(open)
    await audit.write(anEntry())
    await audit.write(WHOLE)
    const { rows, nextCursor } = await audit.list({ limit: 20, cursor: null })
    expect(rows.map(({ id: _id, ...entry }) => entry)).toEqual([WHOLE, anEntry()])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2)
    expect(nextCursor).toBe(null)
  })

  test('pages follow each other without a gap, whatever is written meanwhile', async () => {
    const { audit } = await openBench(open)
    for (let number = 1; number <= 7; number++) await audit.write(anEntry({ requestId: `req_${number}` }))
    let written = 7
    const rows = await everything(async query => {
      const page = await audit.list(query)
      await audit.write(anEntry({ requestId: `req_${++written}` }))
      return page
    }, 3)
    expect(rows.map(({ requestId }) => requestId)).toEqual(['req_7', 'req_6', 'req_5', 'req_4', 'req_3', 'req_2', 'req_1'])
  })

  test('a cursor that no page gave out is refused', async () => {
    const { audit } = await openBench(open)
    for (const cursor of ['nonsense', '1-', '-1', '1e3', '1-2-3']) await expect(audit.list({ limit: 1, cursor })).rejects.toThrow(InvalidCursor)
  })

  test('entries survive a restart', async () => {
    const bench = await openBench(open)
    await bench.audit.write(WHOLE)
    await bench.reopen()
    expect((await bench.audit.list({ limit: 20, cursor: null })).rows).toMatchObject([WHOLE])
  })
}
