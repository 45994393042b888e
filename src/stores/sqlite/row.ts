// Reads columns of a row, and fails loudly when the database holds something else than it should.
import type { SQLOutputValue } from 'node:sqlite'

export type Row = Record<string, SQLOutputValue>

/** The values of a row in the order of its columns, from a statement that was told to return arrays. */
export function valuesOf (row: Row): readonly unknown[] {
  if (Array.isArray(row)) return row
  throw new Error('the statement returns objects')
}

export function text (row: Row, column: string): string { return asText(row[column], column) }

export function integer (row: Row, column: string): number { return asInteger(row[column], column) }

export function textOrNull (row: Row, column: string): string | null { return asTextOrNull(row[column], column) }

export function integerOrNull (row: Row, column: string): number | null { return asIntegerOrNull(row[column], column) }

export function asText (value: unknown, column: string): string {
  if (typeof value === 'string') return value
  throw new Error(`column ${column} holds no text`)
}

export function asInteger (value: unknown, column: string): number {
  if (Number.isSafeInteger(value)) return Number(value)
  throw new Error(`column ${column} holds no integer`)
}

export function asTextOrNull (value: unknown, column: string): string | null { return value === null ? null : asText(value, column) }

export function asIntegerOrNull (value: unknown, column: string): number | null { return value === null ? null : asInteger(value, column) }
