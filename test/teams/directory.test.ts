// Who may do anything at all.
import { expect, test } from 'vitest'
import { isActive } from '../../src/teams/directory.ts'
import { aCaller } from '../support/teams.ts'

const NOW_MS = Date.parse('2026-11-22T12:00:00Z')

test.each([
  ['neither expires nor was revoked', {}, true],
  ['expires in a millisecond', { key: { expiresAtMs: NOW_MS + 1 } }, true],
  ['expires now', { key: { expiresAtMs: NOW_MS } }, false],
  ['expired long ago', { key: { expiresAtMs: 0 } }, false],
  ['was revoked', { key: { revokedAtMs: NOW_MS - 1 } }, false],
  ['was revoked by a clock that is ahead', { key: { revokedAtMs: NOW_MS + 1000 } }, false],
  ['belongs to a disabled team', { team: { disabled: true } }, false]
])('a key that %s: active is %j', (_what, settings, active) => {
  expect(isActive(aCaller(settings), NOW_MS)).toBe(active)
})
