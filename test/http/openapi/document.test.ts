// The document at /openapi.json: valid, complete, and true in its examples.
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { REFUSALS } from '../../../src/flows/refusals.ts'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../../support/gateway.ts'
import { ApiComparison, readDescription } from '../../support/openapi.ts'
import { present } from '../../support/present.ts'

let gateway: Gateway
let comparison: ApiComparison
beforeAll(async () => {
  gateway = await startGateway()
  comparison = new ApiComparison(await readDescription(gateway.origin))
})
afterAll(() => gateway.stop())

test('anybody may have the document, and keep it for a while', async () => {
  const { status, headers, json } = await gateway.call('GET', '/openapi.json')
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300' })
  expect(json).toMatchObject({ info: { title: 'mulegate', version: packageJson.version }, servers: [{ url: '/' }] })
})

test('it is valid by the specification, OpenAPI 3.1, and all its references lead somewhere', async () => {
  const { json } = await gateway.call('GET', '/openapi.json')
  const validator = new Validator({ strict: false })
  expect(await validator.validate(json)).toMatchObject({ valid: true })
  expect(validator.version).toBe('3.1')
  expect(references(json).filter(reference => valueAt(json, reference) === undefined)).toEqual([])
})

test('every path has the methods that the document says, and no others', async () => {
  const { key } = await gateway.team()
  for (const [template, operations] of Object.entries(comparison.document.paths)) {
    const path = template.replace(/\{\w+\}/g, 'some-name')
    const { status, headers } = await gateway.call('OPTIONS', path, { key: /^\/(admin|metrics)/.test(path) ? ADMIN_TOKEN : key })
    expect(status, path).toBe(405)
    const methods = Object.keys(operations).map(method => method.toUpperCase())
    expect(present(headers['allow']).split(', ').toSorted(), path).toEqual([...methods, ...methods.includes('GET') ? ['HEAD'] : []].toSorted())
  }
})

test('every operation says what it is, names its refusals, and asks for the key that it needs', () => {
  const ids = new Set<string>()
  for (const [path, operations] of Object.entries(comparison.document.paths)) {
    for (const operation of Object.values(operations)) {
      expect(operation, operation.operationId).toMatchObject({ summary: expect.stringMatching(/\S/), tags: [expect.any(String)] })
      const wanted = /^\/(admin|metrics)/.test(path) ? [{ adminToken: [] }] : path.startsWith('/v1') || path.includes('generation') ? [{ teamKey: [] }] : []
      expect(operation['security'], operation.operationId).toEqual(wanted)
      expect(Object.keys(operation.responses), operation.operationId).toEqual(expect.arrayContaining(wanted.length > 0 ? ['400', '401', '429', '500', '503'] : ['400', '500']))
      ids.add(operation.operationId)
    }
  }
  expect(ids.size).toBe(Object.values(comparison.document.paths).flatMap(operations => Object.keys(operations)).length)
})

test('a create names every refusal of MuleRouter\'s that its pages know, and any other', () => {
  const create = present(comparison.document.paths['/generation']?.['post'])
  expect(Object.keys(create.responses)).toEqual(expect.arrayContaining(['400', '402', '404', '409', '423', '429', '451', '4XX']))
})

test('every refusal of the table is named by some response', () => {
  const named = Object.keys(comparison.document.components.responses).flatMap(name => name.split('.'))
  expect(Object.keys(REFUSALS).filter(code => !named.includes(code))).toEqual([])
})

test('every example is what its own schema allows', () => {
  const examples = examplesIn(comparison.document, [])
  expect(examples.length).toBeGreaterThan(100)
  for (const { value, schema, where } of examples) expect(comparison.problemsOf(value, schema), `${where} ${JSON.stringify(value)}`).toEqual([])
})

test('what a body must have, and must not, is documented', () => {
  const body = ['requestBody', 'content', 'application/json', 'schema']
  expect(comparison.problemsOf({ size: '832*480' }, ['paths', '/generation', 'post', ...body])).not.toEqual([])
  expect(comparison.problemsOf({ prompt: 'a cat', size: '1280*720' }, ['paths', '/generation', 'post', ...body])).not.toEqual([])
  expect(comparison.problemsOf({ prompt: 'a cat', sizes: '832*480' }, ['paths', '/generation', 'post', ...body])).not.toEqual([])
  expect(comparison.problemsOf({ id: 'ads', limits: { quotas: [{ per: 'day', unit: 'tasks' }] } }, ['paths', '/admin/v1/teams', 'post', ...body])).not.toEqual([])
  expect(comparison.problemsOf({ id: 'ads', limits: { quotas: [{ per: 'day', unit: 'usd', limit: 5 }] } }, ['paths', '/admin/v1/teams', 'post', ...body])).not.toEqual([])
  const patch = ['paths', '/admin/v1/teams/{team_id}', 'patch', ...body]
  expect(comparison.problemsOf({ name: null, limits: { tasks_in_flight: null }, policy: { fields: { size: null } } }, patch)).toEqual([])
  expect(comparison.problemsOf({ nmae: 'Advertising' }, patch)).not.toEqual([])
})

type Found = { value: unknown, schema: string[], where: string }

/** Every example, with the place of the schema that it is one of. */
function examplesIn (value: unknown, place: string[]): Found[] {
  if (typeof value !== 'object' || value === null) return []
  const members = Object.entries(value)
  const own = members.flatMap(([name, member]): Found[] => {
    const where = [...place, name].join(' ')
    // Of a schema the list is its own; of a media type, a parameter or a header they stand beside it.
    if (name === 'examples' && Array.isArray(member)) return member.map(value => ({ value, schema: place, where }))
    if (name === 'examples' && 'schema' in value) return Object.values(member).map(example => ({ value: Object(example).value, schema: [...place, 'schema'], where }))
    if (name === 'example' && 'schema' in value) return [{ value: member, schema: [...place, 'schema'], where }]
    return []
  })
  return [...own, ...members.filter(([name]) => !['examples', 'example', 'default'].includes(name)).flatMap(([name, member]) => examplesIn(member, [...place, name]))]
}

function references (value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => name === '$ref' && typeof member === 'string' ? [member] : references(member))
}

function valueAt (document: unknown, reference: string): unknown {
  return reference.replace(/^#\//, '').split('/').reduce<unknown>((value, name) => Object(value)[name.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}
