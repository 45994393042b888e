// What the benchmark writes: tables between the markers of a page, and a verdict on every target.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { between, markdown } from '../../bench/speed/render.ts'
import { TARGETS, targetTable } from '../../bench/speed/targets.ts'

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

test('what stands between the markers is replaced, and nothing else; twice is as once', () => {
  const before = 'above\n\n<!-- bench: begin -->\nold\n<!-- bench: end -->\n\nbelow\n'
  const after = between(before, 'bench', 'new')
  expect(after).toBe('above\n\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\n\nbelow\n')
  expect(between(after, 'bench', 'new')).toBe(after)
  expect(() => between('no markers', 'bench', 'new')).toThrow('no markers')
})

test('the pages have the markers', () => {
  expect(() => between(page('performance.md'), 'bench', '')).not.toThrow()
  expect(() => between(page('scaling.md'), 'day', '')).not.toThrow()
})

test('a table has as many cells in each row as it has columns', () => {
  expect(markdown({ title: 'A table', columns: ['', 'figure'], rows: [['one', '1 µs']], notes: ['A note.'] })).toBe('### A table\n\n|  | figure |\n| --- | ---: |\n| one | 1 µs |\n\nA note.')
})

test('more is better where the aim is above what must be, less where it is below; the worst of several figures counts', () => {
  const verdicts = (figures: Record<string, number>): (string | undefined)[] => targetTable(figures, { all: false }).rows.map(row => row.at(-1))
  expect(verdicts({ 'create mulegate redis × bare': 0.44 })).toEqual(['missed'])
  expect(verdicts({ 'create mulegate redis × bare': 0.45 })).toEqual(['met'])
  expect(verdicts({ 'create mulegate redis × bare': 0.60 })).toEqual(['met, and its aim'])
  expect(verdicts({ 'waiter resident B': 20_001 })).toEqual(['missed'])
  expect(verdicts({ 'waiter resident B': 10_000 })).toEqual(['met, and its aim'])
  expect(verdicts({ 'full ledger embedded × empty': 0.99, 'full ledger redis × empty': 0.80 })).toEqual(['missed'])
  expect(verdicts({ 'create mulegate redis × bare': NaN })).toEqual(['missed'])
})

test('in a whole run a target that was not measured is shown as such, and in a part of it not at all', () => {
  expect(targetTable({}, { all: false }).rows).toEqual([])
  expect(targetTable({}, { all: true }).rows.map(row => row.at(-1))).toEqual(TARGETS.map(() => 'not measured'))
  expect(targetTable({ 'full ledger embedded × empty': 0.99 }, { all: false }).rows).toEqual([])
})
