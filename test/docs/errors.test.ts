// The error table of the documentation is the table of refusals.
import { expect, test } from 'vitest'
import { REFUSALS } from '../../src/flows/refusals.ts'
import { rowsOf } from './read-page.ts'

const CODE = /^`([a-z_]+)`$/
const rows = rowsOf('docs/errors.md').flatMap(([code = '', status = '', errorCode = '', when = '', retry = '']) => {
  const name = CODE.exec(code)?.[1]
  return name === undefined ? [] : [{ name, status: Number.parseInt(status), errorCode: Number.parseInt(errorCode), when, retry }]
})

test('the error table has every refusal, each once, with its status and its number, and no other', () => {
  const table = Object.entries(REFUSALS).map(([name, { status, errorCode }]) => ({ name, status, errorCode }))
  const byName = (one: { name: string }, other: { name: string }): number => one.name < other.name ? -1 : 1
  expect(rows.map(({ name, status, errorCode }) => ({ name, status, errorCode })).sort(byName)).toEqual(table.sort(byName))
})

test('every row of it says when, and whether a retry helps', () => {
  for (const { name, when, retry } of rows) {
    expect(when, name).not.toBe('')
    expect(retry, name).toMatch(/^(no|yes|after `Retry-After`|as MuleRouter says)/)
  }
})
