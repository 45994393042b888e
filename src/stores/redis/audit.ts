// The audit trail as one stream, trimmed by age.
import { InvalidCursor } from '../../kernel/page.ts'
import type { AuditTrail } from '../../ledger/audit.ts'
import { readEntry } from '../audit-entry.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { run } from './scripts.ts'

export type RedisAuditOptions = {
  link: Link
  names: Names
  /** how long an entry is kept */
  retentionMs: number
}

/** As Redis names the entries of a stream. */
const CURSOR = /^\d{1,15}-\d{1,10}$/

export function redisAudit ({ link, names, retentionMs }: RedisAuditOptions): AuditTrail {
  return {
    async write (entry) { await run(link, 'audit', { keys: [names.audit], about: String(retentionMs), more: [JSON.stringify(entry)] }) },

    async list ({ limit, cursor }) {
      if (cursor !== null && !CURSOR.test(cursor)) throw new InvalidCursor()
      const found = await link.ask(names.audit, redis => redis.xrevrange(names.audit, cursor === null ? '+' : `(${cursor}`, '-', 'COUNT', limit + 1))
      const rows = found.slice(0, limit).map(([id, [, entry = '']]) => ({ ...readEntry(entry), id }))
      return { rows, nextCursor: found.length > limit ? rows.at(-1)?.id ?? null : null }
    }
  }
}
