// `mulegate audit`: who changed what, in words.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, wellDone } from '../support/cli.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway

beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

test('changes stand with what was before and what is after, newest first', async () => {
  await wellDone(gateway, ['team', 'create', 'ads', '--quota', 'day:tasks:20'])
  gateway.clock.advance(1000)
  await wellDone(gateway, ['team', 'set', 'ads', '--quota', 'day:tasks:30', '--in-flight', '4'])
  gateway.clock.advance(1000)
  await wellDone(gateway, ['team', 'disable', 'ads'])
  const [titles = '', ...rows] = (await wellDone(gateway, ['audit'])).trimEnd().split('\n').map(row => row.replaceAll(/ {2,}/g, ' | '))
  expect(titles).toBe('AT | WHO | FROM | ACTION | TEAM | ON | WHAT')
  expect(rows).toEqual([
    '2026-11-22T12:00:02.000Z | admin | 127.0.0.1 | team.disabled | ads | - | disabled | false → true',
    '2026-11-22T12:00:01.000Z | admin | 127.0.0.1 | team.changed | ads | - | quota day:tasks | 20 → 30; in-flight | none → 4',
    expect.stringMatching(/^2026-11-22T12:00:00\.000Z \| admin \| 127\.0\.0\.1 \| team\.created \| ads \| - \| .*quota day:tasks \| 20/)
  ])
  const { stderr } = await cli(gateway, ['audit', '-n', '1'])
  expect(stderr).toBe('The first 1; --all shows the rest.\n')
  expect(JSON.parse(await wellDone(gateway, ['audit', '--all', '--json'])).data).toHaveLength(3)
})
