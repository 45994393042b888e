// An instance whose event loop cannot follow sends callers elsewhere before it begins anything of theirs.
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED } from '../../support/account.ts'
import { eventually } from '../../support/eventually.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { present } from '../../support/present.ts'
import { expectProblem } from '../../support/problem.ts'

let gateway: Gateway
beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

/** Keeps the event loop of this process, and so of the gateway, from everything else. */
function block (forMs: number): void {
  const untilMs = performance.now() + forMs
  while (performance.now() < untilMs);
}

/** Turns of the loop that each last longer than callers may be kept waiting: whenever a sample began, the last turn is all of the next. */
async function overload (): Promise<void> {
  for (let turns = 0; turns < 3; turns++) {
    block(1200)
    await turn()
  }
}

test('while the loop is slow, a create is overloaded and costs nothing; probes and operators are answered; then everything is as before', async () => {
  const { key } = await gateway.team({ limits: COUNTED })
  let begun = 0
  let refused: Reply | undefined
  // On a machine that is slow itself the gateway may have had its second of calm before the calls come.
  await eventually(async () => {
    await overload()
    const [create, stranger, ...others] = await Promise.all([
      gateway.create(key),
      gateway.call('GET', '/v1/usage', { key: 'no key at all' }),
      ...['/livez', '/readyz', '/readyz?scope=instance', '/openapi.json'].map(path => gateway.call('GET', path)),
      gateway.admin('GET', '/admin/v1/teams')
    ])
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    if (create.status === 202) begun++
    if (create.status === 503 && stranger.status === 503) refused = create
    return refused !== undefined
  }, 'a create is refused')

  expectProblem(present(refused), 'overloaded', { instance: GENERATION, detail: /too much to do/ })
  expect(refused?.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'private, no-store' })
  await eventually(async () => (await gateway.usage(key)).status === 200, 'callers are let in again')
  expect(gateway.simulator.received.creates).toBe(begun)
  expect(await accountOf(gateway, key)).toMatchObject({ tasks: begun })
  expect((await gateway.create(key)).status).toBe(202)
})

test('one slow moment refuses nobody', async () => {
  const { key } = await gateway.team()
  // A whole sample of quick turns on either side of it.
  await eventually(async () => (await gateway.usage(key)).status === 200, 'callers are let in')
  await new Promise(resolve => { setTimeout(resolve, 300) })
  block(2000)
  await turn()
  expect((await gateway.usage(key)).status).toBe(200)
})
