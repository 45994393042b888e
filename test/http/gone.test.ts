// Callers that go away while something is done for them.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { whenOver } from '../../src/http/gone.ts'
import { openSocket } from '../support/raw-http.ts'

async function asked () {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => { server.close() })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  const socket = await openSocket(`http://127.0.0.1:${address.port}`)
  const request = once(server, 'request')
  socket.write('GET / HTTP/1.1\r\nHost: gateway\r\n\r\n')
  const response: ServerResponse = (await request)[1]
  return { socket, response }
}

test('whoever asks is told when a caller goes away, and at once if it has gone by then', async () => {
  const { socket, response } = await asked()
  let told = 0
  whenOver(response, () => { told++ })
  expect(told).toBe(0)
  socket.destroy()
  await once(response, 'close')
  expect(told).toBe(1)
  whenOver(response, () => { told++ })
  expect(told).toBe(2)
})
