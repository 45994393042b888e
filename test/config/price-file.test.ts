// PRICE_FILE: US dollars a task, read exactly or not at all.
import { expect, test } from 'vitest'
import { builtInPrices } from '../../src/catalog/prices.ts'
import { problemsOf, read, temporaryFile } from './read-config.ts'

const EXAMPLE = 'an example of its content is {"alibaba/wan2.2-t2v-plus":{"480P":"0.10","1080P":"0.50"}}'

test('without a file the prices are the built-in ones', () => {
  expect(read().prices).toEqual(builtInPrices)
  expect(read({ PRICE_FILE: '' }).prices).toEqual(builtInPrices)
})

test('the example that refusals give is itself a price file, and says what is built in', () => {
  expect(read({ PRICE_FILE: temporaryFile(EXAMPLE.slice(EXAMPLE.indexOf('{'))) }).prices).toEqual(builtInPrices)
})

test('a price file takes the place of the built-in list, to the micro-dollar', () => {
  const file = temporaryFile('{"alibaba/wan2.2-t2v-plus":{"480P":"0.000001","1080P":"12"}}\n')
  expect(read({ PRICE_FILE: file }).prices).toEqual({ 'alibaba/wan2.2-t2v-plus': { '480P': 1, '1080P': 12_000_000 } })
})

const malformed: Record<string, string | undefined> = {
  'is missing': undefined,
  'is empty': '',
  'is not JSON': '{"alibaba/wan2.2-t2v-plus":\n{"480P":"0.10",}}',
  'is a list': '[]',
  'has prices as numbers': '{"alibaba/wan2.2-t2v-plus":{"480P":0.1}}',
  'has a price that is no amount': '{"alibaba/wan2.2-t2v-plus":{"480P":"10 cents"}}',
  'has a negative price': '{"alibaba/wan2.2-t2v-plus":{"480P":"-0.10"}}',
  'has a price without a tier': '{"alibaba/wan2.2-t2v-plus":"0.10"}'
}

for (const [what, content] of Object.entries(malformed)) {
  test(`a price file that ${what} is refused by one line that shows what it should be`, () => {
    const [line = '', ...more] = problemsOf({ PRICE_FILE: temporaryFile(content) })
    expect(more).toEqual([])
    expect(line).toMatch(/^PRICE_FILE names a file that .+; an example of its content is .+$/)
    expect(line.endsWith(EXAMPLE)).toBe(true)
    expect(line).not.toContain('undefined')
  })
}

test('a wrong price is found by its model and its tier', () => {
  const [line] = problemsOf({ PRICE_FILE: temporaryFile('{"alibaba/wan2.2-t2v-plus":{"480P":"0.10","1080P":"free"}}') })
  expect(line).toContain('alibaba/wan2.2-t2v-plus.1080P must be US dollars as a string')
})

test('what is no map is said in words that help', () => {
  expect(problemsOf({ PRICE_FILE: temporaryFile('[]') })).toEqual([`PRICE_FILE names a file that is no price list (must be an object of models); ${EXAMPLE}`])
  expect(problemsOf({ PRICE_FILE: temporaryFile('{"alibaba/wan2.2-t2v-plus":"0.10"}') }))
    .toEqual([`PRICE_FILE names a file that is no price list (alibaba/wan2.2-t2v-plus must be an object of tiers); ${EXAMPLE}`])
})

test('a file that is no price list but a secret is not quoted', () => {
  const canary = 'canary-4f7a'
  for (const content of [canary, `{"token":"${canary}"}`, `"${canary}"`, `{"a":{"b":"${canary}"}}`]) {
    expect(problemsOf({ PRICE_FILE: temporaryFile(content) }).join('\n')).not.toContain(canary)
  }
})
