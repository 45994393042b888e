// The catalog: each file under models/ is in it once, with routes and prices of its own.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { catalog } from '../../src/catalog/catalog.ts'
import { builtInPrices } from '../../src/catalog/prices.ts'

const MODELS = fileURLToPath(new URL('../../src/catalog/models', import.meta.url))

test('a model is a file models/vendor/model.ts and a line in the catalog', () => {
  const files = readdirSync(MODELS, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'))
  expect(catalog.map(({ model }) => `${model}.ts`).sort()).toEqual(files.map(path => path.replaceAll('\\', '/')).sort())
})

test('no two models share a name or a route, and every route is a path', () => {
  const paths = catalog.flatMap(({ path, shortPaths }) => [path, ...shortPaths])
  expect(new Set(paths).size).toBe(paths.length)
  expect(new Set(catalog.map(({ model }) => model)).size).toBe(catalog.length)
  for (const path of paths) expect(path).toMatch(/^(\/[A-Za-z0-9._-]+)+$/)
})

test('every default is a value that its field accepts, already in normal form', () => {
  const defaults = catalog.flatMap(endpoint => Object.entries(endpoint.fields).map(([name, { default: byDefault, assumed }]) => ({ endpoint, name, value: byDefault ?? assumed })))
    .filter(({ value }) => value !== undefined)
  expect(defaults.length).toBeGreaterThan(0)
  for (const { endpoint, name, value } of defaults) expect(endpoint.normalValue(name, value), `${endpoint.model} ${name}`).toBe(value)
})

test('the built-in price list names models of the catalog only, and names them all', () => {
  expect(Object.keys(builtInPrices).sort()).toEqual(catalog.map(({ model }) => model).sort())
})
