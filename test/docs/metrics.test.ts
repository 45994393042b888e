// The tables of docs/metrics.md are what a gateway declares, and what it says.
import { expect, onTestFinished, test } from 'vitest'
import { DECLARED } from '../support/declared-metrics.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { rowsOf } from './read-page.ts'

const NAME = /^`([a-z0-9_]+)`$/
const rows = rowsOf('docs/metrics.md').flatMap(([name = '', kind = '', labels = '', says = '']) => {
  const documented = NAME.exec(name)?.[1]
  return documented === undefined ? [] : [{ name: documented, kind, labels: [...labels.matchAll(/`([a-z_]+)`/g)].map(([, label = '']) => label), says }]
})

function byName (one: { name: string }, other: { name: string }): number { return one.name < other.name ? -1 : 1 }

test('the page has every metric with its kind and its labels, each once, and no other', () => {
  const documented = rows.map(({ name, kind, labels }) => ({ name, kind, labels: labels.sort() }))
  const declared = DECLARED.map(({ name, kind, labels }) => ({ name, kind, labels: labels.toSorted() }))
  // What the system tells of the process differs by system.
  expect(documented.filter(({ name }) => !name.startsWith('process_') || declared.some(other => other.name === name)).sort(byName)).toEqual(declared.sort(byName))
  for (const { name, says } of rows) expect(says, name).toMatch(/\S/)
})

test('a gateway says all that are declared, and no other', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  expect((await scrape(gateway)).names.sort()).toEqual(DECLARED.map(({ name }) => name).sort())
})

test('names and helps keep the rules of Prometheus: a prefix, base units, `_total` for counters alone', () => {
  for (const { name, kind, help } of DECLARED.filter(({ name }) => name.startsWith('mulegate_'))) {
    expect(name.endsWith('_total'), name).toBe(kind === 'counter')
    expect(name).not.toMatch(/_(ms|millis|micros|kb|mb|minutes)(_|$)/)
    if (kind === 'histogram') expect(name).toMatch(/_seconds$/)
    expect(help, name).toMatch(/^[A-Z].*\.$/)
  }
  const others = DECLARED.filter(({ name }) => !/^(mulegate|process|nodejs)_/.test(name))
  expect(others).toEqual([])
})
