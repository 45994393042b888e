// Tables as text for a terminal, and as Markdown between the markers of a page.
import type { Table } from './figures.ts'

export function text ({ title, columns, rows, notes }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, place) => Math.max(...lines.map(line => line[place]?.length ?? 0)))
  const wordy = columns.map((_, place) => rows.some(row => /^[a-z]/i.test(row[place] ?? '')))
  const table = lines.map(line => line.map((cell, place) => wordy[place] === true ? cell.padEnd(widths[place] ?? 0) : cell.padStart(widths[place] ?? 0)).join('  ').trimEnd())
  return `\n${title}\n${table.join('\n')}\n${notes.map(note => `  ${note}\n`).join('')}`
}

export function markdown ({ title, columns, rows, notes }: Table): string {
  const lines = [columns, columns.map((_, place) => rows.some(row => /^[a-z]/i.test(row[place] ?? '')) ? '---' : '---:'), ...rows].map(line => `| ${line.join(' | ')} |`)
  return [`### ${title}`, '', ...lines, '', ...notes].join('\n').trimEnd()
}

/** Puts the text between the markers of a page, in the place of what stands there. @throws if they are not there */
export function between (page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`the page has no markers ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}

/** A fact a line, as a list that a page shows, too. */
export function factsText (facts: Readonly<Record<string, string>>): string { return Object.entries(facts).map(([name, fact]) => `- ${name}: ${fact}`).join('\n') }
