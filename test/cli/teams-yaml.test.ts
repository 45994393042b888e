// Where things stand in a file of teams: every complaint has its line and column.
import { expect, test } from 'vitest'
import { WrongFile } from '../../src/cli/failure.ts'
import { parseTeamsFile, placedErrors } from '../../src/cli/teams-yaml.ts'

const FILE = `teams:
  - id: ads
    limits: &standard
      quotas:
        - { per: day, unit: tasks, limit: 20 }
        - per: year
          unit: usd
  - id: video
    limits:
      <<: *standard
      tasks_in_flight: four
    "odd/name~": 1
    policy:
`
const file = parseTeamsFile('teams.yaml', FILE)

/** The word that stands at a place. */
function at (place: string): string {
  const [line = 0, column = 0] = place.split(':').map(Number)
  return FILE.split('\n')[line - 1]?.slice(column - 1).split(/[\s:,]/)[0] ?? ''
}

test.each([
  ['/teams/0/id', 'ads', '2:9'],
  ['/teams/0/limits/quotas/0/limit', '20', '5:43'],
  ['/teams/0/limits/quotas/1/per', 'year', '6:16'],
  ['/teams/1/limits/tasks_in_flight', 'four', '11:24'],
  ['/teams/1/limits/quotas/1/per', 'year', '6:16'],
  ['/teams/1/odd~1name~0', '1', '12:18'],
  ['/teams/1/policy', 'policy', '13:5']
])('%s is found: %s', (pointer, word, place) => {
  expect(file.placeOf(pointer)).toBe(place)
  expect(at(place)).toBe(word)
})

test('what should not be there is found by its name, and what is missing by what should have held it', () => {
  expect(file.placeOf('/teams/1/limits/tasks_in_flight', 'name')).toBe('11:7')
  expect(file.placeOf('/teams/0/limits/quotas/1/limit')).toBe('6:11')
  expect(file.placeOf('/teams/7/id')).toBe('2:3')
  expect(file.placeOf('')).toBe('1:1')
})

test('complaints stand in the order of the file, by the field of their team', () => {
  expect(placedErrors('teams.yaml', file, [
    { pointer: '/teams/1/limits/tasks_in_flight', detail: 'must be a whole number' },
    { pointer: '/teams/0/limits/quotas/1/per', detail: 'must be one of hour, day' },
    { pointer: '/teams/1/odd~1name~0', detail: 'is unknown' }
  ])).toEqual([
    'teams.yaml:6:16 limits.quotas[1].per must be one of hour, day',
    'teams.yaml:11:24 limits.tasks_in_flight must be a whole number',
    'teams.yaml:12:5 odd/name~ is unknown'
  ])
})

test('aliases and merged maps become what they stand for', () => {
  expect(parseTeamsFile('t', 'teams: [{ id: a, limits: &l { tasks_in_flight: 4 } }, { id: b, limits: { <<: *l, requests_per_minute: 5 } }]').value).toEqual({
    teams: [{ id: 'a', limits: { tasks_in_flight: 4 } }, { id: 'b', limits: { tasks_in_flight: 4, requests_per_minute: 5 } }]
  })
})

test.each([
  ['teams:\n  - id: ads\n    id: video\n', /^t:3:5 Map keys must be unique/],
  ['teams:\n  - id: "ads\n', /^t:3:1 Missing closing "quote/],
  ['teams:\n\t- id: ads\n', /^t:2:1 /],
  ['teams: *nobody\n', /^t:1:8 there is no anchor &nobody above it$/],
  ['teams: !secret x\n', /^t:1:8 Unresolved tag/],
  ['teams: []\n---\nteams: []\n', /^t:2:1 .*multiple documents/],
  ['', /^t:1:1 must begin with teams:/],
  ['- id: ads\n', /^t:1:1 must begin with teams:/],
  ['teams: []\nprune: true\n', /^t:2:1 prune is said on the command line/],
  [`a: &a [x, x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[index]}`).join()}]`).join('\n')}\nteams: []\n`, /^t: Excessive alias count/]
])('%j is refused with its place', (text, complaint) => {
  expect(() => parseTeamsFile('t', text)).toThrow(WrongFile)
  expect(() => parseTeamsFile('t', text)).toThrow(complaint)
})
