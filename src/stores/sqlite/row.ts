// Reads columns of a row, and fails loudly when the database holds something else than it should.
import type { SQLOutputValue } from 'node:sqlite'

export type Row = Record<string, SQLOutputValue>

export function text (row: Row, column: string): string {
  const value = row[column]
  if (typeof value === 'string') return value
  throw new Error(`column ${column} holds no text`)
}

export function integer (row: Row, column: string): number {
  const value = row[column]
  if (Number.isSafeInteger(value)) return Number(value)
  throw new Error(`column ${column} holds no integer`)
}

export function textOrNull (row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

export function integerOrNull (row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column)
}
