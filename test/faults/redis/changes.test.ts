// What an operator changes at one gateway holds for the next request at every other, although Redis lets no gateway hear of it:
// messages between them only spare a reload.
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { COUNTED, startFleet, type Answer, type Fleet, type Member } from '../../support/fleet.ts'
import { redisForTest } from '../../support/redis/redis-for-test.ts'

const isServed = ({ status }: Answer): boolean => status === 202

/** Gateways that remember who is asking, and are told of no change. */
async function deafFleet (): Promise<Fleet> {
  const redis = await redisForTest()
  await redis.client().acl('SETUSER', 'default', 'resetchannels')
  return startFleet({ redis })
}

type Change = { what: string, make: (fleet: Fleet, member: Member) => Promise<{ status: number }>, refusal: string }

const NOTHING = { quotas: [{ per: 'total', unit: 'tasks', limit: 0 }] }

const changes: Change[] = [
  { what: 'a key was revoked', make: ({ admin }, { keyId }) => admin('DELETE', `/admin/v1/keys/${keyId}`), refusal: '401 unauthenticated' },
  { what: 'its team was disabled', make: ({ admin }, { team }) => admin('DELETE', `/admin/v1/teams/${team}`), refusal: '401 unauthenticated' },
  { what: 'its team\'s quota became 0', make: ({ admin }, { team }) => admin('PATCH', `/admin/v1/teams/${team}`, { limits: NOTHING }), refusal: '429 quota_exhausted' }
]

for (const { what, make, refusal } of changes) {
  test(`no gateway admits a create that began after ${what}, in the middle of others`, async () => {
    const fleet = await deafFleet()
    const member = await fleet.team(COUNTED)
    const load = fleet.load(member.key, 4)
    await load.everyGateway('serves', isServed)
    expect((await make(fleet, member)).status).toBeLessThan(300)
    const changedMs = performance.now()
    await load.everyGateway('refuses', answer => !isServed(answer))
    await load.stop()

    const after = load.answers.filter(({ startedMs }) => startedMs > changedMs)
    expect(new Set(after.map(({ gateway }) => gateway)).size).toBe(fleet.gateways.length)
    expect(new Set(after.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set([refusal]))
  })
}

test('a new key works at every gateway at once', async () => {
  const fleet = await deafFleet()
  const { team } = await fleet.team(COUNTED)
  for (const gateway of fleet.gateways) {
    const { key } = await gateway.mint(team)
    expect((await fleet.createMany(fleet.gateways.length, key)).every(isServed)).toBe(true)
  }
})

test('a team that was disabled and is enabled again is served by every gateway at once', async () => {
  const fleet = await deafFleet()
  const { team, key } = await fleet.team(COUNTED)
  const path = `/admin/v1/teams/${team}`
  expect(await fleet.admin('PATCH', path, { disabled: true })).toMatchObject({ status: 200 })
  expect((await fleet.createMany(fleet.gateways.length, key)).map(({ status }) => status)).toEqual(fleet.gateways.map(() => 401))
  expect(await fleet.admin('PATCH', path, { disabled: false })).toMatchObject({ status: 200 })
  expect((await fleet.createMany(fleet.gateways.length, key)).map(({ status }) => status)).toEqual(fleet.gateways.map(() => 202))
})

test('a value that a policy forbade and then permits is taken by every gateway at once', async () => {
  const fleet = await deafFleet()
  const { team, key } = await fleet.team(COUNTED)
  const path = `/admin/v1/teams/${team}`
  expect(await fleet.admin('PATCH', path, { policy: { fields: { safety_filter: [true] } } })).toMatchObject({ status: 200 })
  const body = { prompt: 'a small cat', safety_filter: false }
  const create = async (): Promise<number[]> => Promise.all(fleet.gateways.map(async gateway => (await gateway.call('POST', '/generation', { key, body })).status))
  expect(await create()).toEqual(fleet.gateways.map(() => 403))
  expect(await fleet.admin('PATCH', path, { policy: { fields: { safety_filter: [true, false] } } })).toMatchObject({ status: 200 })
  expect(await create()).toEqual(fleet.gateways.map(() => 202))
})

test('a gateway that is forbidden to hear of changes while it runs serves on', async () => {
  const redis = await redisForTest()
  const fleet = await startFleet({ redis, size: 1 })
  const { key } = await fleet.team(COUNTED)
  const operator = redis.client()
  await operator.acl('SETUSER', 'default', 'resetchannels')
  await eventually(async () => String(await operator.acl('LOG')).includes('channel'), 'it was forbidden')
  expect(await fleet.create(fleet.gateways[0], key)).toMatchObject({ status: 202 })
})
