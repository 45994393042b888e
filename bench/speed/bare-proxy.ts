// The ceiling of the platform: node:http in, undici out, and nothing else.
import { createServer } from 'node:http'
import { Agent, request } from 'undici'

const upstream = process.env['UPSTREAM'] ?? ''
const dispatcher = new Agent({ connections: 128, pipelining: 1 })

const server = createServer(async (incoming, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { authorization, 'content-type': type } = incoming.headers
  const answer = await request(`${upstream}${incoming.url}`, {
    dispatcher,
    method: incoming.method === 'POST' ? 'POST' : 'GET',
    headers: { ...authorization === undefined ? {} : { authorization }, ...type === undefined ? {} : { 'content-type': type } },
    body: chunks.length === 0 ? null : Buffer.concat(chunks)
  })
  const body = Buffer.from(await answer.body.arrayBuffer())
  response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']), 'content-length': body.length }).end(body)
}).listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => process.stdout.write(`listening ${JSON.stringify(server.address())}\n`))
