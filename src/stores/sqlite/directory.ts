// Teams and keys in the embedded database.
import { z } from 'zod'
import type { DatabaseSync } from 'node:sqlite'
import { isTeamId, type KeyId, type TeamId } from '../../kernel/ids.ts'
import { InvalidCursor } from '../../kernel/page.ts'
import type { ApiKey } from '../../teams/api-key.ts'
import type { Caller, TeamDirectory } from '../../teams/directory.ts'
import { limitsJson, limitsSchema } from '../../teams/limits.ts'
import { policySchema } from '../../teams/policy.ts'
import type { Team } from '../../teams/team.ts'
import { reading, transaction } from './database.ts'
import type { KnownCallers } from './known-callers.ts'
import { integer, integerOrNull, text, textOrNull, type Row } from './row.ts'

const modeSchema = z.enum(['live', 'test'])

export function sqliteDirectory ({ database, callers }: { database: DatabaseSync, callers: KnownCallers }): TeamDirectory {
  const insertTeam = database.prepare(`INSERT INTO teams
    VALUES (:id, :name, :timeZone, :limits, :policy, :disabled, :version, :createdAtMs, :updatedAtMs) ON CONFLICT DO NOTHING`)
  const updateTeam = database.prepare(`UPDATE teams SET name = :name, time_zone = :timeZone, limits = :limits, policy = :policy,
    disabled = :disabled, version = :version, updated_at_ms = :updatedAtMs WHERE id = :id AND version = :version - 1`)
  const teamById = database.prepare('SELECT * FROM teams WHERE id = ?')
  const teamsAfter = database.prepare('SELECT * FROM teams WHERE id > ? ORDER BY id LIMIT ?')
  const insertKey = database.prepare(`INSERT INTO keys
    (id, team, lineage, hash, label, mode, webhooks, limits, policy, expires_at_ms, revoked_at_ms, replaced_by, version, created_at_ms, updated_at_ms)
    VALUES (:id, :team, :lineage, :hash, :label, :mode, :webhooks, :limits, :policy, :expiresAtMs, :revokedAtMs, :replacedBy, :version, :createdAtMs, :updatedAtMs)`)
  const updateKey = database.prepare(`UPDATE keys SET label = :label, webhooks = :webhooks, limits = :limits, policy = :policy, expires_at_ms = :expiresAtMs,
    revoked_at_ms = :revokedAtMs, replaced_by = :replacedBy, version = :version, updated_at_ms = :updatedAtMs WHERE id = :id AND version = :version - 1`)
  const keyById = database.prepare('SELECT * FROM keys WHERE id = ?')
  const keyByHash = database.prepare('SELECT * FROM keys WHERE hash = ?')
  const keysBefore = database.prepare('SELECT * FROM keys WHERE team = ? AND number < ? ORDER BY number DESC LIMIT ?')

  /** Changes what is stored of a team or key that was there. */
  function change<Result> (steps: () => Result): Result {
    callers.forget()
    return transaction(database, steps)
  }

  function placeOf (cursor: string): number {
    const row = keyById.get(cursor)
    if (row === undefined) throw new InvalidCursor()
    return integer(row, 'number')
  }

  function addKey (key: ApiKey): void {
    const { team, lineage, hash, mode, createdAtMs } = key
    insertKey.run({ ...keyColumns(key), team, lineage, hash, mode, createdAtMs })
  }

  function callerOf (hash: string): Caller | undefined {
    return reading(() => {
      const key = keyByHash.get(hash)
      const team = key && teamById.get(text(key, 'team'))
      return key && team && { key: readKey(key), team: readTeam(team) }
    })
  }

  return {
    async createTeam (team) {
      return transaction(database, () => insertTeam.run({ ...teamColumns(team), createdAtMs: team.createdAtMs })).changes === 1
    },
    async readTeam (id) {
      const row = reading(() => teamById.get(id))
      return row && readTeam(row)
    },
    async replaceTeam (next) { return change(() => updateTeam.run(teamColumns(next))).changes === 1 },
    async listTeams ({ limit, cursor }) {
      if (cursor !== null && !isTeamId(cursor)) throw new InvalidCursor()
      const rows = reading(() => teamsAfter.all(cursor ?? '', limit + 1)).map(readTeam)
      return { rows: rows.slice(0, limit), nextCursor: rows.length > limit ? rows[limit - 1]?.id ?? null : null }
    },
    async createKey (key) { transaction(database, () => addKey(key)) },
    async readKey (id) {
      const row = reading(() => keyById.get(id))
      return row && readKey(row)
    },
    async replaceKey (next) { return change(() => updateKey.run(keyColumns(next))).changes === 1 },
    async rotateKey ({ replaced, fresh }) {
      return change(() => {
        const isCurrent = updateKey.run(keyColumns(replaced)).changes === 1
        if (isCurrent) addKey(fresh)
        return isCurrent
      })
    },
    async listKeys (team, { limit, cursor }) {
      const rows = reading(() => keysBefore.all(team, cursor === null ? Number.MAX_SAFE_INTEGER : placeOf(cursor), limit + 1))
      const keys = rows.slice(0, limit).map(readKey)
      return { rows: keys, nextCursor: rows.length > limit ? keys.at(-1)?.id ?? null : null }
    },
    async findCaller (hash) { return callerOf(hash) },
    async recentCaller (hash) {
      const remembered = callers.get(hash)
      if (remembered !== undefined) return remembered
      // Read and remembered at once: no change comes in between.
      const caller = callerOf(hash)
      if (caller !== undefined) callers.remember(caller)
      return caller
    }
  }
}

function teamColumns ({ id, name, timeZone, limits, policy, disabled, version, updatedAtMs }: Team) {
  return { id, name, timeZone, version, updatedAtMs, limits: JSON.stringify(limitsJson(limits)), policy: JSON.stringify(policy), disabled: Number(disabled) }
}

function keyColumns ({ id, label, webhooks, limits, policy, expiresAtMs, revokedAtMs, replacedBy, version, updatedAtMs }: ApiKey) {
  return {
    id, label, expiresAtMs, revokedAtMs, replacedBy, version, updatedAtMs, limits: JSON.stringify(limitsJson(limits)), policy: JSON.stringify(policy), webhooks: Number(webhooks)
  }
}

function readTeam (row: Row): Team {
  return {
    id: text(row, 'id') as TeamId,
    name: text(row, 'name'),
    timeZone: text(row, 'time_zone'),
    limits: limitsSchema.parse(JSON.parse(text(row, 'limits'))),
    policy: policySchema.parse(JSON.parse(text(row, 'policy'))),
    disabled: integer(row, 'disabled') === 1,
    version: integer(row, 'version'),
    createdAtMs: integer(row, 'created_at_ms'),
    updatedAtMs: integer(row, 'updated_at_ms')
  }
}

function readKey (row: Row): ApiKey {
  return {
    id: text(row, 'id') as KeyId,
    team: text(row, 'team') as TeamId,
    lineage: text(row, 'lineage') as KeyId,
    hash: text(row, 'hash'),
    label: text(row, 'label'),
    mode: modeSchema.parse(row['mode']),
    webhooks: integer(row, 'webhooks') === 1,
    limits: limitsSchema.parse(JSON.parse(text(row, 'limits'))),
    policy: policySchema.parse(JSON.parse(text(row, 'policy'))),
    expiresAtMs: integerOrNull(row, 'expires_at_ms'),
    revokedAtMs: integerOrNull(row, 'revoked_at_ms'),
    replacedBy: textOrNull(row, 'replaced_by') as KeyId | null,
    version: integer(row, 'version'),
    createdAtMs: integer(row, 'created_at_ms'),
    updatedAtMs: integer(row, 'updated_at_ms')
  }
}
