// A team's settings: what an admin may write, and that it is read back as it was.
import { expect, test } from 'vitest'
import { newTeamSchema, teamSettingsJson, teamSettingsSchema } from '../../src/teams/team.ts'
import { aTeam } from '../support/teams.ts'

function detailsOf (body: unknown): string[] {
  return newTeamSchema.safeParse(body).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []
}

test('a team of which only the id is given has days of UTC and no limits', () => {
  expect(newTeamSchema.parse({ id: 'ads' })).toEqual({ id: 'ads', name: '', timezone: 'UTC', limits: { quotas: [] }, policy: {} })
})

test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'Etc/GMT+5'])('%s is a time zone', timezone => {
  expect(detailsOf({ id: 'ads', timezone })).toEqual([])
})

test.each(['', '+01:00', '-05:00', 'Berlin', 'Europe/Atlantis', 'CEST+1', 'UTC ', 'local'])('%j is no time zone', timezone => {
  expect(detailsOf({ id: 'ads', timezone })).toEqual(['timezone is not an IANA time zone; an example is Europe/Berlin'])
})

test.each([
  [{}, 'id is required'],
  [{ id: 5 }, 'id must be a string'],
  [{ id: 'Ads' }, 'id must be 1 to 40 of a-z, 0-9 and -'],
  [{ id: 'ads/x' }, 'id must be 1 to 40 of a-z, 0-9 and -'],
  [{ id: 'ads', name: null }, 'name must be a string'],
  [{ id: 'ads', name: 'x'.repeat(201) }, 'name must have at most 200 characters'],
  [{ id: 'ads', timezone: 1 }, 'timezone must be an IANA time zone such as Europe/Berlin'],
  [[], ' must be a JSON object']
])('the team %j is refused', (body, detail) => {
  expect(detailsOf(body)).toEqual([detail])
})

test('a team cannot be disabled before it exists, and its id cannot be changed afterwards', () => {
  expect(newTeamSchema.safeParse({ id: 'ads', disabled: true }).success).toBe(false)
  expect(teamSettingsSchema.safeParse({ id: 'ads' }).success).toBe(false)
})

test('a team\'s settings written as JSON are read back as they were', () => {
  const settings = {
    name: 'Advertising',
    timeZone: 'Europe/Berlin',
    limits: { requestsPerMinute: 5, tasksInFlight: 2, quotas: [{ per: 'day' as const, unit: 'usd' as const, limit: 1_500_000 }] },
    policy: { fields: { safety_filter: [true] } },
    disabled: true
  }
  const { timezone: timeZone, ...read } = teamSettingsSchema.parse(JSON.parse(JSON.stringify(teamSettingsJson(aTeam(settings)))))
  expect({ timeZone, ...read }).toEqual(settings)
})
