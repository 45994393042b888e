// A client that hangs up in the middle of a request's body is nobody's bug: there is one line about it, and it says that the client has gone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'
import { openSocket } from '../../support/raw-http.ts'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const halves = {
  'a body of known length': ['Content-Length: 50', '', '{"prompt":"a cat",'],
  'a chunk': ['Transfer-Encoding: chunked', '', '32', '{"prompt":"a cat",'],
  'a body in chunks': ['Transfer-Encoding: chunked', '', '12', '{"prompt":"a cat",', '']
}
const ends = { closes: 'destroy', resets: 'resetAndDestroy' } as const
let calls = 0

for (const path of [GENERATION, '/admin/v1/teams']) {
  for (const [what, lines] of Object.entries(halves)) {
    for (const [verb, end] of Object.entries(ends)) {
      test(`who ${verb} the connection in the middle of ${what} to ${path} is a request that has gone, and no refusal`, async () => {
        const id = `cut-off-${++calls}`
        const socket = await openSocket(gateway.origin)
        socket.write([
          `POST ${path} HTTP/1.1`, 'Host: gateway', `X-Request-Id: ${id}`, `Authorization: Bearer ${path === GENERATION ? key : ADMIN_TOKEN}`, 'Content-Type: application/json', ...lines
        ].join('\r\n'))
        // The gateway has begun with what came before.
        await gateway.usage(key)
        socket[end]()
        const linesOf = () => gateway.log().filter(({ request_id: its }) => its === id)
        await expect.poll(() => linesOf().some(({ msg }) => msg === 'request')).toBe(true)
        await gateway.usage(key)
        expect(linesOf()).toMatchObject([{ level: 'info', msg: 'request', method: 'POST', route: path, gone: true }])
      })
    }
  }
}
