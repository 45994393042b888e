// `mulegate apply`: the example file, edited as people edit it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cli, type CliResult } from '../support/cli.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { tempFolder } from '../support/temp-folder.ts'

const EXAMPLE = readFileSync(new URL('../../docs/teams.example.yaml', import.meta.url), 'utf8')

let gateway: Gateway

beforeEach(async () => { gateway = await startGateway() })
afterEach(() => gateway.stop())

/** Applies a text; the file's path in the output is `teams.yaml`. */
async function apply (text: string, ...options: string[]): Promise<CliResult> {
  const path = join(tempFolder(), 'teams.yaml')
  writeFileSync(path, text)
  const { code, stdout, stderr } = await cli(gateway, ['apply', path, ...options])
  return { code, stdout: stdout.replaceAll(path, 'teams.yaml'), stderr: stderr.replaceAll(path, 'teams.yaml') }
}

/** Edits the example; what is edited must be there. */
function edited (from: string, to: string, text = EXAMPLE): string {
  expect(text).toContain(from)
  return text.replace(from, to)
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')
const adminList = async (path: string) => (await gateway.admin('GET', path)).json.data

test('the example: keys that are made stand alone on stdout, everything else on stderr', async () => {
  const { code, stdout, stderr } = await apply(EXAMPLE)
  expect(code, stderr).toBe(0)
  const keys = lines(stdout).map(line => line.split('\t'))
  expect(keys.map(([team, label]) => [team, label])).toEqual([['ads', 'render farm'], ['ads', 'intern'], ['video', 'nightly'], ['video', 'trial']])
  for (const [,, key = ''] of keys) expect((await gateway.usage(key)).status).toBe(200)
  expect(stderr).not.toContain('mg_')
  expect(lines(stderr)).toEqual(expect.arrayContaining([
    '+ team ads', '    timezone  Europe/Berlin', '    in-flight  4', '    quota month:usd  150.00', '    field size  832*480, 480*832',
    '+ team video', '    in-flight  16', '+ team research', expect.stringMatching(/^\+ key ads "intern" key_\w+$/), '    expires  2027-06-30T23:59:59.000Z', '7 changes made.'
  ]))
})

test('a dry run shows the same, as its result, and changes nothing', async () => {
  const { code, stdout, stderr } = await apply(EXAMPLE, '--dry-run')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(lines(stdout)).toEqual(expect.arrayContaining(['+ team ads', '+ key ads "intern"', '7 changes to make; nothing was changed yet.']))
  expect(await adminList('/admin/v1/teams')).toEqual([])
})

test('twice: the second time changes nothing', async () => {
  await apply(EXAMPLE)
  expect(await apply(EXAMPLE)).toEqual({ code: 0, stdout: '', stderr: 'Nothing to change.\n' })
  expect(await apply(EXAMPLE, '--prune')).toEqual({ code: 0, stdout: '', stderr: 'Nothing to change.\n' })
})

test('add: a team and a key', async () => {
  await apply(EXAMPLE)
  const more = edited('      - label: nightly', '      - label: nightly\n      - label: daily', `${EXAMPLE}  - id: sales\n`)
  const { code, stdout, stderr } = await apply(more)
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^video\tdaily\tmg_live_\w{36}\n$/) })
  expect(lines(stderr)).toEqual(['+ team sales', expect.stringMatching(/^\+ key video "daily" key_\w+$/), '2 changes made.'])
})

test('change: what was before and what is after', async () => {
  await apply(EXAMPLE)
  const changed = edited('tasks_in_flight: 16', 'tasks_in_flight: 8', edited('limit: 20', 'limit: 30', edited('        webhooks: true', '        expires_at: 2027-01-01T00:00:00Z', EXAMPLE)))
  const { code, stdout } = await apply(changed, '--dry-run')
  expect(code).toBe(0)
  expect(lines(stdout)).toEqual([
    '~ team ads', '    quota day:tasks  20 → 30',
    '~ team video', '    in-flight  16 → 8', '    quota day:tasks  20 → 30',
    expect.stringMatching(/^~ key ads "render farm" key_\w+$/), '    expires  none → 2027-01-01T00:00:00.000Z', '    webhooks  true → false',
    '3 changes to make; nothing was changed yet.'
  ])
  expect((await apply(changed)).code).toBe(0)
  expect((await gateway.admin('GET', '/admin/v1/teams/video')).json.limits).toMatchObject({ tasks_in_flight: 8, requests_per_minute: 120 })
})

test('remove: what is not in the file is named and left alone, or pruned when that is asked for', async () => {
  await apply(EXAMPLE)
  const less = edited('      - label: nightly\n', '', edited(EXAMPLE.slice(EXAMPLE.indexOf('  - id: research')), '', EXAMPLE))
  const { code, stderr } = await apply(less)
  expect(code).toBe(0)
  expect(lines(stderr)).toEqual(['  team research is not in the file and is left alone', expect.stringMatching(/^ {2}key video "nightly" key_\w+ is not in the file and is left alone$/), 'Nothing to change.'])
  const pruned = await apply(less, '--prune')
  expect(pruned).toMatchObject({ code: 0, stdout: '' })
  expect(lines(pruned.stderr)).toEqual([expect.stringMatching(/^- key video "nightly" key_\w+ is revoked$/), '- team research is disabled', '2 changes made.'])
  expect((await gateway.admin('GET', '/admin/v1/teams/research')).json.disabled).toBe(true)
  const back = await apply(EXAMPLE)
  expect(lines(back.stderr)).toEqual(['~ team research is enabled again', '    disabled  true → false', expect.stringMatching(/^\+ key video "nightly"/), '2 changes made.'])
})

test('wrong: everything that is wrong has its line and its reason, and nothing is changed', async () => {
  const wrong = edited('per: day, unit: tasks, limit: 20', 'per: year, unit: tasks, limit: 20', edited('limit: "150.00"', 'limit: 150.00', edited('timezone: America/New_York', 'timzone: America/New_York', edited('label: nightly', 'label: ""', EXAMPLE))))
  const { code, stdout, stderr } = await apply(wrong)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(lines(stderr)).toEqual([
    'teams.yaml:14:18 limits.quotas[0].per must be one of hour, day, week, month, total',
    'teams.yaml:15:43 limits.quotas[1].limit must be US dollars as a string, such as "150.00"',
    'teams.yaml:30:5 timzone is unknown (did you mean timezone?)',
    'teams.yaml:35:16 keys[0].label must not be empty: it is how the file knows the key again',
    'Nothing was changed.'
  ])
  expect(await adminList('/admin/v1/teams')).toEqual([])
})

test('wrong: what is no YAML has its line', async () => {
  expect(await apply(`${EXAMPLE}    id: twice\n`)).toEqual({ code: 1, stdout: '', stderr: 'teams.yaml:42:5 Map keys must be unique\n' })
})

test('a file that is not there is wrong usage', async () => {
  expect(await cli(gateway, ['apply', '/nowhere/teams.yaml'])).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^mulegate: the file cannot be read: ENOENT/) })
})

test('JSON is YAML, and the answer as JSON has the keys', async () => {
  const { code, stdout, stderr } = await apply('{"teams":[{"id":"ads","keys":[{"label":"a"}]}]}', '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ dry_run: false, changes: [{ action: 'create', team: 'ads' }, { action: 'mint', label: 'a', key: expect.stringMatching(/^mg_live_/) }], unlisted: [] })
})

test('what was rotated is not changed by applying, and an unfinished file is finished by applying again', async () => {
  await apply(EXAMPLE)
  const [farm] = (await adminList('/admin/v1/teams/ads/keys')).filter(({ label }: { label: string }) => label === 'render farm')
  expect((await cli(gateway, ['key', 'rotate', farm.id, '--overlap', '1h'])).code).toBe(0)
  expect(await apply(EXAMPLE, '--prune')).toEqual({ code: 0, stdout: '', stderr: 'Nothing to change.\n' })
  expect((await gateway.admin('GET', `/admin/v1/keys/${farm.id}`)).json).toMatchObject({ expires_at: '2026-11-22T13:00:00.000Z', revoked_at: null })
})
