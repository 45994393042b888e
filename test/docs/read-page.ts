// A page of the documentation, as its tests look at it.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The pages that link to each other, as paths from the top of the repository. */
export const PAGES: readonly string[] = ['README.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CHANGELOG.md', ...globSync('docs/*.md', { cwd: ROOT }).sort(), 'bench/README.md']

/** @param page path from the top of the repository */
export function readPage (page: string): string { return readFileSync(`${ROOT}${page}`, 'utf8') }

/** The fenced blocks of one language, in order. */
export function blocksOf (page: string, language: string): string[] {
  return [...readPage(page).matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , text = '']) => text)
}

/** The cells of every row of every table, without the rows that head them. */
export function rowsOf (page: string): string[][] {
  return [...readPage(page).matchAll(/^\|(.+)\|$/gm)].map(([, row = '']) => row.split(/(?<!\\)\|/).map(cell => cell.trim()))
}

/** The anchors of a page, as they are made of its headings. */
export function anchorsOf (page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'))
}
