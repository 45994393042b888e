// What the document says of the admin API's keys.
import { z } from 'zod'
import { rotationSchema } from '../../flows/administer-keys.ts'
import { keySettingsSchema, newKeySchema } from '../../teams/api-key.ts'
import type { Operation } from '../operation.ts'
import { pageParameters } from '../query.ts'
import { keyPageShape, keyShape, newKeyShape, rotatedKeyShape } from '../shapes/key.ts'

export const keyListQuery = z.strictObject(pageParameters)

const tag = 'admin: keys'

export const adminKeys = {
  mint: {
    id: 'mintKey',
    tag,
    summary: 'Mint a key',
    body: {
      schema: newKeySchema,
      optional: true,
      examples: {
        'of a service': { value: { label: 'render farm', limits: { quotas: [{ per: 'hour', unit: 'tasks', limit: 5 }] } } },
        'for tests': { value: { label: 'ci', mode: 'test', expires_at: '2026-12-31T23:59:59Z' } }
      }
    },
    answers: { 201: { description: 'The key. This answer alone shows it.', schema: newKeyShape, headers: ['Location'] } }
  },
  list: {
    id: 'listKeys',
    tag,
    summary: 'List the keys of a team',
    description: 'Newest first, revoked and expired ones included.',
    query: keyListQuery,
    answers: { 200: { description: 'A page of keys.', schema: keyPageShape } }
  },
  read: {
    id: 'readKey',
    tag,
    summary: 'Read a key',
    answers: { 200: { description: 'The key, but not the key itself.', schema: keyShape } }
  },
  change: {
    id: 'changeKey',
    tag,
    summary: 'Change a key',
    description: 'A merge patch (RFC 7396): null puts a setting back to its default, arrays are replaced. It holds for the next request, on every instance.',
    body: { schema: keySettingsSchema, patch: true, examples: { 'an end': { value: { expires_at: '2026-12-31T23:59:59Z' } } } },
    answers: { 200: { description: 'The key as it is now.', schema: keyShape } }
  },
  rotate: {
    id: 'rotateKey',
    tag,
    summary: 'Put a new key in the place of one',
    description: 'With the same rights and the same budgets: quotas, unfinished tasks and usage follow the lineage. The old key ends after the overlap.',
    body: { schema: rotationSchema, optional: true, examples: { 'at once': { value: { overlap_seconds: 0 } }, 'within an hour': { value: { overlap_seconds: 3600 } } } },
    answers: { 201: { description: 'The new key. This answer alone shows it.', schema: rotatedKeyShape, headers: ['Location'] } },
    refusals: ['key_ended']
  },
  revoke: {
    id: 'revokeKey',
    tag,
    summary: 'Revoke a key',
    description: 'No create is admitted with it afterwards, on any instance. Revoking twice is once.',
    answers: { 204: { description: 'It is revoked.' } }
  }
} as const satisfies Record<string, Operation>
