// Reading rows: what the database should not hold is a loud fault, never a quiet default.
import { expect, test } from 'vitest'
import { integer, integerOrNull, text, textOrNull, type Row } from '../../../src/stores/sqlite/row.ts'
import { aCaller } from '../../support/teams.ts'
import { openSqliteBench } from './open-sqlite-bench.ts'

const ROW: Row = { name: 'a', empty: '', count: 5, zero: 0, half: 1.5, nothing: null, bytes: new Uint8Array([1]), big: 5n }

test('a column is read as what it holds', () => {
  expect([text(ROW, 'name'), text(ROW, 'empty'), integer(ROW, 'count'), integer(ROW, 'zero')]).toEqual(['a', '', 5, 0])
  expect([textOrNull(ROW, 'name'), textOrNull(ROW, 'nothing'), integerOrNull(ROW, 'zero'), integerOrNull(ROW, 'nothing')]).toEqual(['a', null, 0, null])
})

test.each(['count', 'nothing', 'bytes', 'missing'])('a column %s that holds no text cannot be read as text', column => {
  expect(() => text(ROW, column)).toThrow(`column ${column} holds no text`)
})

test.each(['name', 'nothing', 'bytes', 'missing', 'half', 'big'])('a column %s that holds no integer cannot be read as one', column => {
  expect(() => integer(ROW, column)).toThrow(`column ${column} holds no integer`)
})

test('only null is null: a missing column is a fault', () => {
  expect(() => textOrNull(ROW, 'missing')).toThrow('column missing holds no text')
  expect(() => integerOrNull(ROW, 'missing')).toThrow('column missing holds no integer')
})

test.each([
  ['state', 'lost'],
  ['money', 'stolen'],
  ['body', '{"task_info":{"id":"a","status":"who knows"}}'],
  ['body', 'no JSON'],
  ['counted', '[{"scope":"planet"}]'],
  ['counted', '{}']
])('a task whose %s is %j is a fault for everybody who reads it', async (column, value) => {
  const { bench, database } = await openSqliteBench()
  const { order, taskId } = await bench.begin(await bench.caller())
  database.prepare(`UPDATE tasks SET ${column} = ?`).run(value)
  await expect(bench.tasks(order.caller.team.id)).rejects.toThrow()
  await expect(bench.ledger.find(order.caller, taskId)).rejects.toThrow()
  await expect(bench.see(order.ref, 'completed')).rejects.toThrow()
  expect(database.isTransaction).toBe(false)
})

test.each([
  ['teams', 'limits', '{"quotas":[{"per":"day","unit":"tasks","limit":-1}]}'],
  ['teams', 'limits', 'no JSON'],
  ['teams', 'policy', '{"models":"all"}'],
  ['keys', 'limits', '[]'],
  ['keys', 'policy', '5'],
  ['keys', 'mode', 'free']
])('a caller of whom %s.%s is %j is a fault, and is nobody without limits', async (table, column, value) => {
  const { bench, database } = await openSqliteBench()
  const { key } = await bench.caller()
  database.prepare(`UPDATE ${table} SET ${column} = ?`).run(value)
  await expect(bench.directory.findCaller(key.hash)).rejects.toThrow()
})

test('a key without a team cannot be written', async () => {
  const { bench } = await openSqliteBench()
  await expect(bench.directory.createKey(aCaller().key)).rejects.toThrow('FOREIGN KEY constraint failed')
})
