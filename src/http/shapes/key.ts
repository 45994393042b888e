// A key as the admin API shows it; never the key itself, but when it was just made.
import { z } from 'zod'
import { rfc3339 } from '../../kernel/time.ts'
import { KEY_MODES, keySettingsJson, type ApiKey } from '../../teams/api-key.ts'
import { limitsShape, policyShape } from './limits.ts'
import { momentOrNullShape, momentShape } from './moment.ts'
import { pageShape } from './page.ts'

const example = {
  id: 'key_4fGh7Kq2Lm9Xz1Bc',
  team: 'ads',
  lineage: 'key_4fGh7Kq2Lm9Xz1Bc',
  mode: 'live',
  label: 'render farm',
  expires_at: null,
  limits: { quotas: [] },
  policy: {},
  webhooks: false,
  replaced_by: null,
  revoked_at: null,
  created_at: '2026-11-22T09:30:00.000Z',
  updated_at: '2026-11-22T09:30:00.000Z'
}

export const keyShape = z.strictObject({
  id: z.string().meta({ description: 'names the key; it is not the key' }),
  team: z.string(),
  lineage: z.string().meta({ description: 'the first key of its chain of rotations, to which the budgets belong' }),
  mode: z.enum(KEY_MODES).meta({ description: 'what a `test` key begins happens in the built-in simulator and costs nothing' }),
  label: z.string(),
  expires_at: momentOrNullShape('when it ends; null if it does not'),
  limits: limitsShape,
  policy: policyShape,
  webhooks: z.boolean().meta({ description: 'whether it may change the team\'s webhooks' }),
  replaced_by: z.string().nullable().meta({ description: 'the key that a rotation put in its place' }),
  revoked_at: momentOrNullShape('when it was revoked; null if it was not'),
  created_at: momentShape('when it was minted'),
  updated_at: momentShape('when it was changed last')
}).meta({ id: 'Key', examples: [example] })

export const newKeyShape = z.strictObject({
  ...keyShape.shape,
  key: z.string().meta({ description: 'the key itself, shown this once: only its SHA-256 is stored' })
}).meta({ id: 'NewKey', examples: [{ ...example, key: 'mg_live_0123456789ABCDEFGHIJKLMNOPQRST2Y3Zfa' }] })

export const rotatedKeyShape = z.strictObject({
  ...newKeyShape.shape,
  replaces: z.strictObject({ id: z.string(), expires_at: momentOrNullShape('when the old key ends') })
}).meta({
  id: 'RotatedKey',
  examples: [{
    ...example,
    id: 'key_8sTr2Wv6Yb3Nd5Fj',
    key: 'mg_live_0123456789ABCDEFGHIJKLMNOPQRST2Y3Zfa',
    replaces: { id: 'key_4fGh7Kq2Lm9Xz1Bc', expires_at: '2026-11-23T09:30:00.000Z' }
  }]
})

export const keyPageShape = pageShape('KeyPage', keyShape)

export function keyJson (key: ApiKey): z.input<typeof keyShape> {
  return {
    id: key.id,
    team: key.team,
    lineage: key.lineage,
    mode: key.mode,
    ...keySettingsJson(key),
    replaced_by: key.replacedBy,
    revoked_at: momentOf(key.revokedAtMs),
    created_at: rfc3339(key.createdAtMs),
    updated_at: rfc3339(key.updatedAtMs)
  }
}

/** The key that was rotated, and when it ends. */
export function replacedKeyJson ({ id, expiresAtMs }: ApiKey): z.input<typeof rotatedKeyShape>['replaces'] { return { id, expires_at: momentOf(expiresAtMs) } }

function momentOf (ms: number | null): string | null { return ms === null ? null : rfc3339(ms) }
