// CONTRACT §2, the body table, row by row: what is accepted, and what arrives at MuleRouter.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'

const SIZES = ['832*480', '480*832', '624*624', '1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632']
const CAT = '🐱'
const DEFAULTS = { size: '1920*1080', duration: 5, prompt_extend: true }

let gateway: Gateway
let key: string
beforeAll(async () => {
  gateway = await startGateway()
  key = (await gateway.team()).key
})
afterAll(() => gateway.stop())

const sentWithPrompt: { name: string, given: object, arrives: object }[] = [
  { name: 'nothing but a prompt: the defaults are sent along', given: {}, arrives: {} },

  ...SIZES.map(size => ({ name: `size ${size}`, given: { size }, arrives: { size } })),
  ...['832x480', '832X480', '832×480', ' 832*480 ', '832 * 480', '  832  x  480  ', '\t832 ×480\n'].map(size => (
    { name: `size ${JSON.stringify(size)}`, given: { size }, arrives: { size: '832*480' } }
  )),
  { name: 'size 1920x1080', given: { size: '1920x1080' }, arrives: { size: '1920*1080' } },

  { name: 'duration 5', given: { duration: 5 }, arrives: { duration: 5 } },
  { name: 'duration "5"', given: { duration: '5' }, arrives: { duration: 5 } },

  { name: 'prompt_extend true', given: { prompt_extend: true }, arrives: { prompt_extend: true } },
  { name: 'prompt_extend false', given: { prompt_extend: false }, arrives: { prompt_extend: false } },

  { name: 'seed 0', given: { seed: 0 }, arrives: { seed: 0 } },
  { name: 'seed 2147483647', given: { seed: 2147483647 }, arrives: { seed: 2147483647 } },
  { name: 'seed "0"', given: { seed: '0' }, arrives: { seed: 0 } },
  { name: 'seed "2147483647"', given: { seed: '2147483647' }, arrives: { seed: 2147483647 } },
  { name: 'seed "0042"', given: { seed: '0042' }, arrives: { seed: 42 } },

  { name: 'safety_filter true', given: { safety_filter: true }, arrives: { safety_filter: true } },
  { name: 'safety_filter false', given: { safety_filter: false }, arrives: { safety_filter: false } },

  { name: 'the model of the URL, which is removed', given: { model: 'wan2.2-t2v-plus' }, arrives: {} },
  { name: 'the model of the URL with its vendor, which is removed', given: { model: 'alibaba/wan2.2-t2v-plus' }, arrives: {} },

  { name: 'negative_prompt with spaces around it, which are trimmed', given: { negative_prompt: '  blurry, dark \n' }, arrives: { negative_prompt: 'blurry, dark' } },
  { name: 'an empty negative_prompt, which is absent', given: { negative_prompt: '' }, arrives: {} },
  { name: 'a negative_prompt of spaces, which is absent', given: { negative_prompt: ' \t ' }, arrives: {} },
  { name: 'negative_prompt null, which is absent', given: { negative_prompt: null }, arrives: {} },
  { name: 'a negative_prompt of 500 letters', given: { negative_prompt: 'n'.repeat(500) }, arrives: { negative_prompt: 'n'.repeat(500) } },
  { name: 'a negative_prompt of 500 emoji', given: { negative_prompt: CAT.repeat(500) }, arrives: { negative_prompt: CAT.repeat(500) } },

  {
    name: 'what MuleRouter\'s own client always sends',
    given: { size: '480*832', prompt_extend: true, safety_filter: true },
    arrives: { size: '480*832', prompt_extend: true, safety_filter: true }
  },
  {
    name: 'every field at once',
    given: { negative_prompt: ' dark ', size: '624 x 624', duration: '5', prompt_extend: false, seed: '7', safety_filter: false, model: 'wan2.2-t2v-plus' },
    arrives: { negative_prompt: 'dark', size: '624*624', duration: 5, prompt_extend: false, seed: 7, safety_filter: false }
  }
]

for (const { name, given, arrives } of sentWithPrompt) {
  test(`accepted: ${name}`, async () => {
    const reply = await gateway.create(key, { prompt: 'a cat', ...given })
    expect(reply.status, reply.text).toBe(202)
    expect(gateway.simulator.received.requests.at(-1)?.body).toEqual({ prompt: 'a cat', ...DEFAULTS, ...arrives })
  })
}

const prompts: { name: string, prompt: string, arrives?: string }[] = [
  { name: 'of one character', prompt: 'x' },
  { name: 'of 800 letters', prompt: 'p'.repeat(800) },
  { name: 'of 800 Chinese characters', prompt: '猫'.repeat(800) },
  { name: 'of 800 emoji, which are 1600 UTF-16 units and 3200 bytes', prompt: CAT.repeat(800) },
  { name: 'of 800 letters with spaces around them, which are trimmed', prompt: ` \n${'p'.repeat(800)}\t `, arrives: 'p'.repeat(800) },
  { name: 'with line breaks, quotes and backslashes inside, unchanged', prompt: 'a "cat"\n\\ and a\u0000 dog\u2028 — 猫' }
]

for (const { name, prompt, arrives = prompt } of prompts) {
  test(`accepted: a prompt ${name}`, async () => {
    const reply = await gateway.create(key, { prompt })
    expect(reply.status, reply.text).toBe(202)
    expect(gateway.simulator.received.requests.at(-1)?.body).toEqual({ prompt: arrives, ...DEFAULTS })
  })
}

test('accepted: duration 5.0, a number as some languages write it', async () => {
  const reply = await gateway.call('POST', GENERATION, { key, body: '{"prompt":"a cat","duration":5.0}' })
  expect(reply.status, reply.text).toBe(202)
  expect(gateway.simulator.received.requests.at(-1)?.body).toEqual({ prompt: 'a cat', ...DEFAULTS })
})
