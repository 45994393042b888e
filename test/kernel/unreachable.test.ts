// The end of an exhaustive switch.
import { expect, test } from 'vitest'
import { unreachable } from '../../src/kernel/unreachable.ts'

test('a case that nobody knows fails loudly, and says which it was', () => {
  const arrived = { kind: 'new' } as never
  expect(() => unreachable(arrived)).toThrow('unexpected case: {"kind":"new"}')
})
