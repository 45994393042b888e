// Whoever follows a link of the documentation finds something there.
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { anchorsOf, PAGES, readPage } from './read-page.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const LINK = /\]\(([^)\s]+)\)/g

test('every relative link of every page leads to a file, and to a heading if it names one', () => {
  const broken = PAGES.flatMap(page => [...readPage(page).matchAll(LINK)].map(([, link = '']) => link).filter(link => !/^[a-z]+:/.test(link)).filter(link => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), path))
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  }).map(link => `${page} -> ${link}`))
  expect(broken).toEqual([])
})

test('every page in docs can be found from the README', () => {
  const linked = [...readPage('README.md').matchAll(LINK)].map(([, link = '']) => link.split('#')[0])
  expect(PAGES.filter(page => page.startsWith('docs/')).filter(page => !linked.includes(page))).toEqual([])
})
