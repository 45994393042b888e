// Puts the document together: zod-openapi turns the schemas that check and shape everything into JSON Schema.
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathItemObject, type ZodOpenApiResponseObject } from 'zod-openapi'
import { ownVersion } from '../../kernel/own-version.ts'
import type { Answer, DescribedRoute, Operation, RequestBody } from '../operation.ts'
import { problemShape } from '../shapes/problem.ts'
import { mergePatchOf } from './merge-patch.ts'
import { pathParametersOf } from './path-parameters.ts'
import { PROBLEM_MEDIA_TYPE, RefusalResponses } from './refusals.ts'
import { COMMON_REQUEST_HEADERS, requestHeader, requestHeaders } from './request-headers.ts'
import { headersOf, responseHeaders, type ResponseHeader } from './response-headers.ts'
import { TAGS } from './tags.ts'
import { webhookMessages } from './webhook-messages.ts'
import { withoutNoise } from './without-noise.ts'

const JSON_TYPE = 'application/json'

const DESCRIPTION = `A gateway in front of MuleRouter's video generation: the same routes, with keys and exact budgets for each team.

Every refusal has one shape, \`${PROBLEM_MEDIA_TYPE}\`, and none of the gateway's own counts against a quota. Whatever the path, a call without a good key is 401, an
unknown path is 404, a method that a path does not have is 405 with \`Allow\`, and what is not valid HTTP is 400, 408 or 431. \`GET\` routes answer \`HEAD\` too.

Lists come in pages: ask with the \`next_cursor\` of one as \`cursor\` for the next, until it is null.`

const SECURITY = { public: [], team: [{ teamKey: [] }], admin: [{ adminToken: [] }] }

/** The document as an object. @throws if routes describe themselves in a way that cannot be */
export function buildDocument (routes: readonly DescribedRoute[]): object {
  refuseDoubles(routes.map(({ operation }) => operation.id))
  const refusals = new RefusalResponses()
  const paths: Record<string, ZodOpenApiPathItemObject> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, refusals) }
  return createDocument({
    openapi: '3.1.1',
    info: { title: 'mulegate', version: ownVersion(), description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: webhookMessages(),
    components: {
      schemas: { Problem: problemShape },
      parameters: requestHeaders,
      headers: responseHeaders,
      responses: refusals.components,
      securitySchemes: {
        teamKey: { type: 'http', scheme: 'bearer', description: 'A key of a team, `mg_live_…` or `mg_test_…`.' },
        adminToken: { type: 'http', scheme: 'bearer', description: 'A token of `ADMIN_TOKEN`; a read-only one may `GET`.' }
      }
    }
  }, { override: withoutNoise })
}

function operationOf (route: DescribedRoute, refusals: RefusalResponses): ZodOpenApiOperationObject {
  const { path, access, operation: { id, tag, summary, description, query, headers = [], body, answers } } = route
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...description === undefined ? {} : { description },
    security: SECURITY[access],
    requestParams: { path: pathParametersOf(path), ...query === undefined ? {} : { query } },
    parameters: [...headers, ...COMMON_REQUEST_HEADERS].map(requestHeader),
    ...body === undefined ? {} : { requestBody: requestBodyOf(body) },
    responses: { ...answersOf(answers, access), ...refusals.of(route) }
  }
}

const JSON_TYPES = { body: [JSON_TYPE], patch: [JSON_TYPE, 'application/merge-patch+json'] }

function answersOf (answers: Operation['answers'], access: DescribedRoute['access']): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(Object.entries(answers).flatMap(([status, answer]) => answer === undefined ? [] : [[status, responseOf(answer, access)]]))
}

function requestBodyOf ({ schema, patch = false, description, optional = false, examples }: RequestBody) {
  const media = { schema: patch ? mergePatchOf(schema) : schema, ...examples === undefined ? {} : { examples: { ...examples } } }
  return {
    required: !optional,
    ...description === undefined ? {} : { description },
    content: Object.fromEntries(JSON_TYPES[patch ? 'patch' : 'body'].map(type => [type, media]))
  }
}

function responseOf ({ description, schema, type = JSON_TYPE, others = {}, examples, headers = [], headersIfAny = [] }: Answer, access: DescribedRoute['access']): ZodOpenApiResponseObject {
  const cached: readonly ResponseHeader[] = ['Cache-Control']
  return {
    description,
    headers: headersOf([...access === 'public' ? [] : cached, ...headers], [...access === 'public' ? cached : [], ...headersIfAny]),
    ...schema === undefined ? {} : { content: { [type]: { schema, ...examples === undefined ? {} : { examples: { ...examples } } }, ...others } }
  }
}

function refuseDoubles (ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new Error(`two operations have the id ${twice}`)
}
