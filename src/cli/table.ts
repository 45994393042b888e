// Tables of text: columns as wide as what stands in them.
import { printable } from './printable.ts'

export type Column<Row> = {
  title: string
  text (row: Row): string
  /** figures stand at the right */
  align?: 'left' | 'right'
}

/** A line of titles, and a line for each row. */
export function table<Row> (columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map(row => columns.map(column => printable(column.text(row)) || '-'))]
  const widths = columns.map((_, index) => cells.reduce((width, line) => Math.max(width, lengthOf(line[index] ?? '')), 0))
  return cells.map(line => line.map((cell, index) => {
    const padding = ' '.repeat((widths[index] ?? 0) - lengthOf(cell))
    return columns[index]?.align === 'right' ? padding + cell : cell + padding
  }).join('  ').trimEnd())
}

/** Names and what they are, one a line. */
export function facts (pairs: Iterable<readonly [string, string]>): string[] {
  const lines = [...pairs].map(([name, text]) => [printable(name), printable(text)] as const)
  const width = lines.reduce((widest, [name]) => Math.max(widest, lengthOf(name)), 0)
  return lines.map(([name, text]) => `${name}${' '.repeat(width - lengthOf(name))}  ${text || '-'}`)
}

function lengthOf (text: string): number { return [...text].length }
