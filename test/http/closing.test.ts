// The end of a server: whoever is cut off is known to be gone before the end is over, so that its task can be left to its next call.
import { fastify } from 'fastify'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { prepareClosing } from '../../src/http/closing.ts'
import { goneSignal } from '../../src/http/gone.ts'
import { eventually } from '../support/eventually.ts'

test('when a server has ended, whoever was cut off is known to be gone', async () => {
  const server = fastify({ return503OnClosing: false })
  const signals: AbortSignal[] = []
  server.get('/never', (_request, reply) => { signals.push(goneSignal(reply.raw)) })
  const closing = prepareClosing([server])
  const origin = await server.listen({ host: '127.0.0.1', port: 0 })
  const calls = Array.from({ length: 3 }, () => request(`${origin}/never`).catch(() => 'cut'))
  await eventually(() => signals.length === 3, 'all wait')
  closing.begin()
  await closing.end({ lingerUntilMs: 0, settleMs: 0, untilMs: performance.now() })
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true])
  expect(await Promise.all(calls)).toEqual(['cut', 'cut', 'cut'])
})
