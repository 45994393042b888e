// A route cannot be declared without saying what it is.
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ApiDocument } from '../../../src/http/openapi/api-document.ts'
import { publicRoute, type Operation } from '../../../src/http/operation.ts'
import { documentSchema } from '../../support/openapi.ts'

const operation: Operation = { id: 'getThing', tag: 'operations', summary: 'A thing', answers: { 200: { description: 'The thing.', schema: z.strictObject({}) } } }

function followed () {
  const app = fastify()
  const document = new ApiDocument()
  document.follow(app)
  return { app, document, read: () => documentSchema.parse(JSON.parse(document.text)) }
}

test('a route without an operation stops the start', () => {
  const { app } = followed()
  expect(() => app.get('/thing', async () => ({}))).toThrow('the route GET /thing has no operation')
})

test('a route of any server that the document follows is in it', () => {
  const { app, document, read } = followed()
  app.get('/thing', publicRoute(operation), async () => ({}))
  expect(Object.keys(read().paths)).toEqual(['/thing'])
  const other = fastify()
  document.follow(other)
  other.put('/other/:team_id', publicRoute({ ...operation, id: 'putOther' }), async () => ({}))
  expect(Object.keys(read().paths)).toEqual(['/thing', '/other/{team_id}'])
})

test('two operations of one id, and a path parameter that is described nowhere, are refused', () => {
  const { app, document } = followed()
  app.get('/thing', publicRoute(operation), async () => ({}))
  app.put('/thing', publicRoute(operation), async () => ({}))
  expect(() => document.text).toThrow('two operations have the id getThing')
  const another = followed()
  another.app.get('/thing/:surprise', publicRoute(operation), async () => ({}))
  expect(() => another.document.text).toThrow('the path /thing/{surprise} has a parameter that is described nowhere')
})
