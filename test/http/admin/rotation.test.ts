// Admin tokens are changed in their file while the gateway runs.
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../../src/kernel/secret.ts'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const ROOT = `root=${ADMIN_TOKEN}`
// Their beginning is what no answer and no log line may show.
const [ALICE, BOB] = [`${ADMIN_TOKEN}-alice`, `${ADMIN_TOKEN}-bob`]

async function start (...lines: string[]): Promise<{ gateway: Gateway, file: string, write (...lines: string[]): void }> {
  const file = join(tempFolder(), 'admin-tokens')
  const write = (...next: string[]): void => writeFileSync(file, `${next.join('\n')}\n`)
  write(...lines)
  const gateway = await startGateway({ ADMIN_TOKEN_FILE: file })
  onTestFinished(() => gateway.stop())
  return { gateway, file, write }
}

const LIST = '/admin/v1/teams'

test('a token that is added is welcome to the next request, one that is removed is refused by it', async () => {
  const { gateway, write } = await start(ROOT, `alice=${ALICE}`)
  const statuses = async (): Promise<number[]> => [(await gateway.call('GET', LIST, { key: ALICE })).status, (await gateway.call('GET', LIST, { key: BOB })).status]
  expect(await statuses()).toEqual([200, 401])
  write(ROOT, `alice=${ALICE}`, `bob=${BOB}`)
  expect(await statuses()).toEqual([200, 200])
  write(ROOT, `bob=${BOB}`)
  expect(await statuses()).toEqual([401, 200])
  const name = (who: string, token: string): string => `${who} ${new Secret(token).fingerprint()}`
  expect(gateway.log().filter(({ msg }) => msg === 'secret rotated').at(-1)).toMatchObject({
    variable: 'ADMIN_TOKEN_FILE', from: [name('root', ADMIN_TOKEN), name('alice', ALICE), name('bob', BOB)], to: [name('root', ADMIN_TOKEN), name('bob', BOB)]
  })
})

test('the audit trail has the name that the file gives in that moment', async () => {
  const { gateway, write } = await start(ROOT, `alice=${ALICE}`)
  const makeTeam = (id: string) => gateway.call('POST', LIST, { key: ALICE, body: { id } })
  await makeTeam('before')
  write(ROOT, `carol=${ALICE}`)
  await makeTeam('after')
  const { json } = await gateway.admin('GET', '/admin/v1/audit?limit=2')
  expect(json.data.map(({ actor }: { actor: object }) => actor)).toEqual(expect.arrayContaining([expect.stringContaining('carol'), expect.stringContaining('alice')]))
})

test('a token that becomes a read-only one may change nothing from then on', async () => {
  const { gateway, write } = await start(ROOT, `alice=${ALICE}`)
  write(ROOT, `alice=${ALICE}:read`)
  expectProblem(await gateway.call('POST', LIST, { key: ALICE, body: { id: 'team' } }), 'not_allowed', { instance: LIST, detail: /alice.*read/ })
})

const spoiled: Record<string, (file: string) => void> = {
  empty: file => truncateSync(file),
  missing: file => rmSync(file),
  'without names': file => writeFileSync(file, `${ALICE}\n${BOB}\n`),
  'too short a token': file => writeFileSync(file, `${ROOT}\nalice=short\n`),
  'one name twice': file => writeFileSync(file, `alice=${ALICE}\nalice=${BOB}\n`)
}

for (const [what, spoil] of Object.entries(spoiled)) {
  test(`a file that is ${what} changes nothing: the tokens stay as they were, and the admin API is there`, async () => {
    const { gateway, file, write } = await start(ROOT, `alice=${ALICE}`)
    spoil(file)
    for (let call = 0; call < 3; call++) expect((await gateway.call('GET', LIST, { key: ALICE })).status).toBe(200)
    expect((await gateway.call('GET', LIST, { key: BOB })).status).toBe(401)
    const lines = gateway.log().filter(({ msg }) => msg === 'secret file refused, the old secret is kept')
    expect(lines).toMatchObject([{ level: 'error', variable: 'ADMIN_TOKEN_FILE' }])
    write(ROOT, `bob=${BOB}`)
    expect((await gateway.call('GET', LIST, { key: BOB })).status).toBe(200)
    expect((await gateway.call('GET', LIST, { key: ALICE })).status).toBe(401)
  })
}
