// The simulator behind test keys cannot be started: that is an upstream that cannot be reached, and no fault of anybody else's.
import { Server } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { startGateway } from '../support/gateway.ts'

afterEach(() => { vi.restoreAllMocks() })

test('a create of a test key is unsent while the simulator cannot be started, and works when it can', async () => {
  const gateway = await startGateway()
  const { key } = await gateway.team({}, { mode: 'test' })
  const listen = letNobodyListen()
  expect(await gateway.create(key)).toMatchObject({ status: 503, json: { code: 'upstream_unreachable' } })
  expect((await gateway.call('GET', '/v1/tasks', { key })).json.data).toMatchObject([{ status: 'unsent', money: 'refunded' }])
  listen.mockRestore()
  expect((await gateway.create(key)).status).toBe(202)
  await gateway.stop()
})

test('a gateway whose simulator could not be started stops as ever', async () => {
  const gateway = await startGateway()
  const { key } = await gateway.team({}, { mode: 'test' })
  letNobodyListen()
  await gateway.create(key)
  await gateway.stop()
})

/** As when a process has no file descriptor left; what listens already goes on. */
function letNobodyListen () {
  return vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    process.nextTick(() => this.emit('error', Object.assign(new Error('listen EMFILE: too many open files'), { code: 'EMFILE' })))
    return this
  })
}
