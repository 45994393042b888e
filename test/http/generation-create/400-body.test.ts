// CONTRACT §2, the body table: what is refused, where the error points, and that a refusal sends and counts nothing.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountOf, COUNTED, UNTOUCHED } from '../../support/account.ts'
import { GENERATION, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const CAT = '🐱'

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team({ limits: { ...COUNTED, requests_per_minute: 1 } })).key
})
afterAll(() => gateway.stop())

/** All tests share a caller: what one of them sent or counted makes the next ones fail. */
async function expectNothingDone (): Promise<void> {
  expect(gateway.simulator.received.requests).toEqual([])
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  const tasks = await gateway.call('GET', '/v1/tasks', { key })
  expect(tasks.json).toEqual({ data: [], next_cursor: null })
}

function expectErrors (reply: Reply, errors: object[]): void {
  expectProblem(reply, 'invalid_body', { instance: GENERATION, detail: /^The body is not /, more: { errors } })
}

type Row = { field: string, value: unknown, says: RegExp }

const refused: Row[] = [
  ...[undefined].map(value => ({ field: 'prompt', value, says: /required/ })),
  ...['', '   ', '\n\t'].map(value => ({ field: 'prompt', value, says: /1 to 800/ })),
  ...['p'.repeat(801), '猫'.repeat(801), CAT.repeat(801), CAT.repeat(5000)].map(value => ({ field: 'prompt', value, says: /at most 800/ })),
  ...[null, 7, true, ['a cat'], { text: 'a cat' }].map(value => ({ field: 'prompt', value, says: /string/ })),
  { field: 'prompt', value: 'half a cat: \ud83d', says: /surrogate/ },

  ...['n'.repeat(501), CAT.repeat(501)].map(value => ({ field: 'negative_prompt', value, says: /at most 500/ })),
  ...[7, false, ['blurry']].map(value => ({ field: 'negative_prompt', value, says: /string/ })),

  ...['1280*720', '1280x720', ' 1280 × 720 '].map(value => ({ field: 'size', value, says: /16:9.*832\*480.*1920\*1080/ })),
  { field: 'size', value: '720*1280', says: /480\*832.*1080\*1920/ },
  ...['1920*1081', '1080*1080', '0*0', '1920*1080*1', '19201080', '1920-1080', 'large', '', '*', '-1920*1080'].map(value => ({ field: 'size', value, says: /\d\*\d/ })),
  ...[1920, null, true, ['1920*1080'], { w: 1920 }].map(value => ({ field: 'size', value, says: /832\*480.*1248\*1632/ })),

  ...[4, 6, 0, 5.5, '6', '5.0', '5s', ' 5', '', true, null, [5]].map(value => ({ field: 'duration', value, says: /\b5\b/ })),

  ...['true', 'false', 1, 0, null].map(value => ({ field: 'prompt_extend', value, says: /true or false/ })),
  ...['true', 'false', 1, 0, null].map(value => ({ field: 'safety_filter', value, says: /true or false/ })),

  ...[-1, 2147483648, 1.5, 1e10, '-1', '2147483648', '1.5', '1e3', 'abc', '', ' 7', true, null, [7], '9'.repeat(40)].map(value => (
    { field: 'seed', value, says: /0 to 2147483647/ }
  )),

  ...['wan2.1-t2v', 'openai/wan2.2-t2v-plus', 'WAN2.2-T2V-PLUS', '', null, 7].map(value => ({ field: 'model', value, says: /wan2\.2-t2v-plus/ })),

  { field: 'promt', value: 'a cat', says: /did you mean prompt\?/ },
  { field: 'Prompt', value: 'a cat', says: /did you mean prompt\?/ },
  { field: 'negativePrompt', value: 'dark', says: /did you mean negative_prompt\?/ },
  { field: 'sizes', value: '832*480', says: /did you mean size\?/ },
  { field: 'Seed', value: 7, says: /did you mean seed\?/ },
  { field: 'seeds', value: null, says: /did you mean seed\?/ },
  { field: 'prompt_extended', value: true, says: /did you mean prompt_extend\?/ },
  { field: 'saftey_filter', value: true, says: /did you mean safety_filter\?/ },
  { field: 'durations', value: 5, says: /did you mean duration\?/ },
  { field: 'webhook_url', value: 'https://example.com', says: /^is unknown \(there are prompt,/ },
  { field: 'constructor', value: 1, says: /^is unknown/ },
  { field: 'toString', value: 1, says: /^is unknown/ }
]

for (const { field, value, says } of refused) {
  const shown = JSON.stringify(value) ?? 'absent'
  test(`refused, and the error points to it: ${field} ${shown.length > 40 ? `${shown.slice(0, 20)}… of ${shown.length} characters` : shown}`, async () => {
    const reply = await gateway.create(key, { prompt: 'a cat', [field]: value })
    expectErrors(reply, [{ pointer: `/${field}`, detail: expect.stringMatching(says) }])
    await expectNothingDone()
  })
}

test('all wrong fields are named at once, in errors and in the sentence', async () => {
  const reply = await gateway.create(key, {
    prompt: '', negative_prompt: 1, size: '1280*720', duration: 7, prompt_extend: 'yes', seed: -1, safety_filter: 0, model: 'other', sed: 1, 'a/b~c': 2
  })
  const fields = ['prompt', 'negative_prompt', 'size', 'duration', 'prompt_extend', 'seed', 'safety_filter', 'model', 'sed']
  const pointers = [...fields.map(field => `/${field}`), '/a~1b~0c']
  expectErrors(reply, expect.anything())
  expect(reply.json.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual(pointers.toSorted())
  for (const field of fields) expect(reply.json.detail).toMatch(new RegExp(`\\b${field} (must|cannot|is)\\b`))
  await expectNothingDone()
})

test('the refusal of 1280*720 says in its detail which 16:9 sizes exist', async () => {
  const reply = await gateway.create(key, { prompt: 'a cat', size: '1280*720' })
  expect(reply.json.detail).toContain('832*480')
  expect(reply.json.detail).toContain('1920*1080')
  await expectNothingDone()
})

const notObjects = ['[]', '[{"prompt":"a cat"}]', 'null', '"a cat"', '5', 'true', '']

for (const body of notObjects) {
  test(`refused, because it is no JSON object: ${body === '' ? 'an empty body' : body}`, async () => {
    const reply = await gateway.call('POST', GENERATION, { key, body })
    expectErrors(reply, [{ pointer: '', detail: 'must be a JSON object' }])
    await expectNothingDone()
  })
}

test('refused, because it is no JSON object: a create without body and Content-Type', async () => {
  const reply = await gateway.call('POST', GENERATION, { key })
  expectErrors(reply, [{ pointer: '', detail: 'must be a JSON object' }])
  await expectNothingDone()
})

const malformed: { name: string, body: string | Buffer }[] = [
  { name: 'a comma too many', body: '{"prompt":"a cat",}' },
  { name: 'single quotes', body: "{'prompt':'a cat'}" },
  { name: 'cut off in the middle', body: '{"prompt":"a c' },
  { name: 'two documents', body: '{"prompt":"a cat"}{"prompt":"a cat"}' },
  { name: 'a form', body: 'prompt=a%20cat' },
  { name: 'NaN', body: '{"prompt":"a cat","seed":NaN}' },
  { name: 'a byte that is not UTF-8', body: Buffer.concat([Buffer.from('{"prompt":"a c'), Buffer.from([0xff]), Buffer.from('t"}')]) },
  { name: 'UTF-16', body: Buffer.from('{"prompt":"a cat"}', 'utf16le') },
  { name: 'a surrogate written in UTF-8', body: Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xed, 0xa0, 0xbd]), Buffer.from('"}')]) },
  { name: '__proto__', body: '{"prompt":"a cat","__proto__":{"size":"480*832"}}' },
  { name: '__proto__ written with an escape', body: '{"prompt":"a cat","\\u005f_proto__":{"size":"480*832"}}' },
  { name: 'constructor.prototype', body: '{"prompt":"a cat","constructor":{"prototype":{"size":"480*832"}}}' }
]

for (const { name, body } of malformed) {
  test(`refused, because it is no proper JSON: ${name}`, async () => {
    const reply = await gateway.call('POST', GENERATION, { key, body })
    expectErrors(reply, [{ pointer: '', detail: expect.stringMatching(/^is not JSON: /) }])
    await expectNothingDone()
  })
}

test('a hundred refused bodies do not use up a limit of one request a minute: the first good one is admitted', async () => {
  const careful = await gateway.team({ limits: { requests_per_minute: 1 } })
  for (let i = 0; i < 100; i++) expect((await gateway.create(careful.key, { prompt: '' })).status).toBe(400)
  const reply = await gateway.call('POST', `${GENERATION}?dry_run=true`, { key: careful.key, body: { prompt: 'a cat' } })
  expect(reply.json).toMatchObject({ admitted: true })
  await expectNothingDone()
})
