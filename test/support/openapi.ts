// Compares what a gateway answers with the document that it gives out about itself.
import addFormats from 'ajv-formats'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { request } from 'undici'
import { z } from 'zod'

/** One call and its answer, as they were on the wire. */
export type Exchange = {
  method: string
  /** with its query */
  path: string
  /** the body that was sent, as text */
  sent: string | undefined
  status: number
  headers: Record<string, string>
  text: string
}

const reference = z.object({ $ref: z.string() })
const header = z.looseObject({ required: z.boolean().optional() })
const content = z.record(z.string(), z.looseObject({ schema: z.unknown(), examples: z.record(z.string(), z.looseObject({ value: z.unknown() })).optional() }))
const response = z.looseObject({ description: z.string(), headers: z.record(z.string(), reference), content: content.optional() })
const parameter = z.looseObject({ name: z.string(), in: z.string(), schema: z.unknown() })
const operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.union([parameter, reference])).optional(),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(z.string(), z.union([reference, response]))
})

/** As much of the document as the comparison needs. */
export const documentSchema = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({})),
    headers: z.record(z.string(), header),
    parameters: z.record(z.string(), parameter),
    responses: z.record(z.string(), response)
  })
})
export type ApiDescription = z.output<typeof documentSchema>
type Operation = z.output<typeof operation>
type Response = z.output<typeof response>

/** Refusals that may come before it is known which route was meant. */
const BEFORE_THE_ROUTE: readonly number[] = [400, 408, 431]
const ROOT = 'https://document.example/openapi.json'

/** The document of a gateway. */
export async function readDescription (origin: string): Promise<ApiDescription> {
  const { statusCode, body } = await request(`${origin}/openapi.json`)
  if (statusCode !== 200) throw new Error(`the document was answered with ${statusCode}`)
  return documentSchema.parse(await body.json())
}

/** Knows the document, and says what of an exchange it does not have. */
export class ApiComparison {
  readonly document: ApiDescription
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  readonly #routes: ReadonlyArray<{ pattern: RegExp, path: string }>

  constructor (document: ApiDescription) {
    this.document = document
    addFormats.default(this.#ajv)
    this.#ajv.addSchema(document, ROOT)
    this.#routes = Object.keys(document.paths)
      // A path without parameters comes before one that would take its words for one.
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
      .map(path => ({ path, pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`) }))
  }

  /** What is wrong with a value by the schema at a place of the document. */
  problemsOf (value: unknown, place: readonly string[]): string[] {
    const validate = this.#validator(place)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath === '' ? 'it' : instancePath} ${message} ${JSON.stringify(params)}`)
  }

  /** Everything that the document does not say of an exchange, or says otherwise. */
  differences (exchange: Exchange): string[] {
    const { method, path, status } = exchange
    const found = this.#find(method, path)
    if (found === undefined) return this.#anyPath(exchange)
    const { operation, place } = found
    const key = [String(status), `${String(status).charAt(0)}XX`].find(key => operation.responses[key] !== undefined)
    if (key === undefined) return BEFORE_THE_ROUTE.includes(status) ? this.#anyPath(exchange) : [`${operation.operationId} has no answer ${status}`]
    const differences = this.#response(exchange, this.#resolve(operation.responses[key], [...place, 'responses', key]))
    return [...differences, ...status < 300 ? this.#request(exchange, operation, place) : []]
  }

  #find (method: string, path: string): { operation: Operation, place: string[] } | undefined {
    const plain = path.replace(/\?.*/s, '').replace(/\/{2,}/g, '/')
    const name = (method === 'HEAD' ? 'GET' : method).toLowerCase()
    for (const route of this.#routes) {
      const operation = route.pattern.test(plain) ? this.document.paths[route.path]?.[name] : undefined
      if (operation !== undefined) return { operation, place: ['paths', route.path, name] }
    }
    return undefined
  }

  #anyPath (exchange: Exchange): string[] {
    const code = exchange.method === 'HEAD' ? '' : z.looseObject({ code: z.string() }).safeParse(parse(exchange.text)).data?.code
    const key = Object.keys(this.document.components.responses).find(key => key.startsWith(`${exchange.status}.${code}`) && (code === '' || key === `${exchange.status}.${code}`))
    const response = key === undefined ? undefined : this.document.components.responses[key]
    if (key === undefined || response === undefined) return [`${exchange.method} ${exchange.path} is no operation, and ${exchange.status} ${code} is no refusal of every path`]
    return this.#response(exchange, { response, place: ['components', 'responses', key] })
  }

  #resolve (wanted: Operation['responses'][string] | undefined, place: string[]): { response: Response, place: string[] } {
    const { data: ref } = reference.safeParse(wanted)
    if (ref === undefined) return { response: response.parse(wanted), place }
    const key = ref.$ref.replace('#/components/responses/', '')
    return { response: response.parse(this.document.components.responses[key]), place: ['components', 'responses', key] }
  }

  #response ({ method, headers, text }: Exchange, { response, place }: { response: Response, place: string[] }): string[] {
    const differences = this.#headers(headers, response)
    if (method === 'HEAD') return differences
    const { 'content-type': contentType } = headers
    if (response.content === undefined) return text === '' ? differences : [...differences, 'has a body, and no content']
    const type = contentType?.replace(/;.*/, '') ?? ''
    if (response.content[type] === undefined) return [...differences, `has the content type ${contentType}`]
    const body = type.endsWith('json') ? parse(text) : text
    return [...differences, ...this.problemsOf(body, [...place, 'content', type, 'schema']).map(problem => `the body: ${problem}`)]
  }

  #headers (headers: Record<string, string>, { headers: described }: Response): string[] {
    const known = Object.keys(this.document.components.headers).filter(name => !name.endsWith('.if-any'))
    return known.flatMap(name => {
      const value = headers[name.toLowerCase()]
      const ref = described[name]?.$ref
      if (ref === undefined) return value === undefined ? [] : [`has a header ${name}, which is not described`]
      const key = ref.replace('#/components/headers/', '')
      if (value === undefined) return this.document.components.headers[key]?.required === true ? [`has no header ${name}`] : []
      return this.#problemsOfText(value, ['components', 'headers', key, 'schema']).map(problem => `the header ${name}: ${problem}`)
    })
  }

  /** What was accepted must be what the document says can be sent. */
  #request ({ path, sent }: Exchange, { parameters = [], requestBody }: Operation, place: readonly string[]): string[] {
    const query = new URLSearchParams(path.split('?')[1] ?? '')
    const differences = parameters.flatMap((each, index) => {
      const value = 'in' in each && each.in === 'query' ? query.get(each.name) : null
      if (value === null) return []
      return this.#problemsOfText(value, [...place, 'parameters', String(index), 'schema']).map(problem => `took ?${query}: ${problem}`)
    })
    if (sent === undefined || sent === '' || requestBody === undefined) return differences
    return [...differences, ...this.problemsOf(parse(sent), [...place, 'requestBody', 'content', 'application/json', 'schema']).map(problem => `took a body: ${problem}`)]
  }

  /** Of what stands in a header or a query, where a number is written as text. */
  #problemsOfText (text: string, place: readonly string[]): string[] {
    const problems = this.problemsOf(text, place)
    return problems.length > 0 && /^\d+$/.test(text) ? this.problemsOf(Number(text), place) : problems
  }

  #validator (place: readonly string[]): ValidateFunction {
    const pointer = place.map(part => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')
    const validate = this.#ajv.getSchema(`${ROOT}#${pointer}`)
    if (validate === undefined) throw new Error(`the document has nothing at ${pointer}`)
    return validate
  }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
