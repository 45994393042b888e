// @fastify/http-proxy, as its documentation sets it up.
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const app = fastify()
await app.register(proxy, { upstream: process.env.UPSTREAM, undici: { connections: 128, pipelining: 1 } })
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) })
process.stdout.write(`listening ${JSON.stringify(app.server.address())}\n`)
