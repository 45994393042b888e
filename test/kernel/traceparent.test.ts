// W3C Trace Context: whose trace the gateway's own span belongs to.
import { expect, test } from 'vitest'
import { ownTraceparent } from '../../src/kernel/traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const OWN = /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/

test.each([
  ['sampled', `00-${TRACE}-${PARENT}-01`, '01'],
  ['not sampled', `00-${TRACE}-${PARENT}-00`, '00'],
  ['of a future version', `cc-${TRACE}-${PARENT}-01`, '01'],
  ['of a future version with more fields', `cc-${TRACE}-${PARENT}-01-what-the-future-brings`, '01']
])('a trace that is %s goes on in a span of the gateway\'s own', (_what, incoming, flags) => {
  const [version, trace, span, ownFlags] = ownTraceparent(incoming).split('-')
  expect({ version, trace, ownFlags }).toEqual({ version: '00', trace: TRACE, ownFlags: flags })
  expect(span).toMatch(/^[0-9a-f]{16}$/)
  expect(span).not.toBe(PARENT)
})

test.each([['ff', '01'], ['08', '00'], ['fe', '00']])('of the flags %s only the sampled bit goes on: %s', (incoming, outgoing) => {
  expect(ownTraceparent(`00-${TRACE}-${PARENT}-${incoming}`)).toMatch(new RegExp(`-${outgoing}$`))
})

test.each([
  ['there is none', undefined],
  ['it is empty', ''],
  ['it is no traceparent', 'hello'],
  ['its trace is all zero', `00-${'0'.repeat(32)}-${PARENT}-01`],
  ['its parent is all zero', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['its version is ff', `ff-${TRACE}-${PARENT}-01`],
  ['version 00 has more fields', `00-${TRACE}-${PARENT}-01-more`],
  ['a future version goes on without a dash', `cc-${TRACE}-${PARENT}-01more`],
  ['its letters are capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ['its trace is short', `00-${TRACE.slice(1)}-${PARENT}-01`],
  ['its parent is short', `00-${TRACE}-${PARENT.slice(1)}-01`],
  ['its flags are missing', `00-${TRACE}-${PARENT}`],
  ['its flags are no hex', `00-${TRACE}-${PARENT}-zz`],
  ['something stands before it', ` 00-${TRACE}-${PARENT}-01`],
  ['two came as one', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`]
])('a new, unsampled trace begins when %s', (_what, incoming) => {
  const own = ownTraceparent(incoming)
  expect(own).toMatch(OWN)
  expect(own).not.toContain(TRACE)
  expect(own).not.toMatch(/-0{16}|-0{32}/)
})

test('a thousand spans are a thousand different ones', () => {
  expect(new Set(Array.from({ length: 1000 }, () => ownTraceparent(`00-${TRACE}-${PARENT}-01`))).size).toBe(1000)
  expect(new Set(Array.from({ length: 1000 }, () => ownTraceparent(undefined).slice(3, 35))).size).toBe(1000)
})
