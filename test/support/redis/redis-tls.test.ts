// A server whose certificate is worth something.
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { isListening } from './listening.ts'
import { startTlsRedis, type TlsRedis } from './redis-tls.ts'

async function tlsForTest (): Promise<TlsRedis> {
  const server = await startTlsRedis()
  onTestFinished(() => server.stop())
  return server
}

/** Connects once; resolves to the reply to PING or to what went wrong. */
async function pingOnce (url: string, ca?: Buffer): Promise<string> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, ...ca === undefined ? {} : { tls: { ca } } })
  const { promise, resolve } = Promise.withResolvers<string>()
  client.on('error', error => resolve(error.message))
  client.connect().then(() => client.ping()).then(resolve, error => resolve(error.message))
  try {
    return await promise
  } finally {
    client.disconnect()
  }
}

test('who knows the authority is answered', async () => {
  const server = await tlsForTest()
  expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`)
  expect(await pingOnce(server.url, readFileSync(server.caFile))).toBe('PONG')
  expect(await server.client().ping()).toBe('PONG')
})

test('who does not know the authority does not trust the server', async () => {
  const server = await tlsForTest()
  expect(await pingOnce(server.url)).toMatch(/certificate/)
})

test('who speaks without TLS is not answered', async () => {
  const server = await tlsForTest()
  expect(await pingOnce(server.url.replace('rediss:', 'redis:'))).not.toBe('PONG')
})

test('a stopped server is gone', async () => {
  const server = await tlsForTest()
  await server.stop()
  expect(await isListening(server)).toBe(false)
})
