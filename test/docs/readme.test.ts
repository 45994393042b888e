// The README's table of routes is whole, and true.
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { rowsOf } from './read-page.ts'

/** Methods, if it names any, and a path, perhaps without its beginning: `GET, PUT /v1/webhooks/{id}`, `…/rotate`. */
const ROUTE = /^`(?:([A-Z]+(?:, [A-Z]+)*) )?(…?)(\/[^`]*)`$/
const METHODS = ['get', 'post', 'put', 'patch', 'delete']

type Route = { text: string, methods: string[], isEnd: boolean, path: string }

test('the README names every route with its methods, and no other', async () => {
  const gateway = await startGateway()
  onTestFinished(() => gateway.stop())
  const { json } = await gateway.call('GET', '/openapi.json')
  const operations = Object.entries<object>(json.paths)
    .filter(([path]) => !path.startsWith('/docs/'))
    .flatMap(([path, item]) => Object.keys(item).filter(method => METHODS.includes(method)).map(method => ({ method: method.toUpperCase(), path: nameless(path) })))
  const routes = rowsOf('README.md').flatMap(([cell = '']) => routesOf(cell))

  const fits = ({ methods, isEnd, path }: Route, operation: { method: string, path: string }): boolean =>
    methods.includes(operation.method) && (isEnd ? operation.path.endsWith(path) : operation.path === path)
  const unnamed = operations.filter(operation => !routes.some(route => fits(route, operation)))
  expect(unnamed).toEqual([])
  const invented = routes.flatMap(route => route.methods.filter(method => !operations.some(operation => operation.method === method && fits(route, operation))).map(method => `${method} ${route.text}`))
  expect(invented).toEqual([])
})

/** A route without methods has those of the one before it. */
function routesOf (cell: string): Route[] {
  let methods: string[] = []
  return (cell.match(/`[^`]+`/g) ?? []).flatMap(text => {
    const [, named, dots, path] = ROUTE.exec(text) ?? []
    if (path === undefined) return []
    if (named !== undefined) methods = named.split(', ')
    return [{ text, methods, isEnd: dots !== '', path: nameless(path) }]
  })
}

/** What a parameter is called is nobody's business here. */
function nameless (path: string): string { return path.replaceAll(/\{[^}]+\}/g, '{}') }
