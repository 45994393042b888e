// What the simulator accepts as the body of a create: every rule of the provider's page, from both sides.

import { expect, test } from 'vitest'
import { openSimulator, textAt } from './open-simulator.ts'

const PROMPT = 'A small cat running in the moonlight'

const ACCEPTED: Array<[string, unknown]> = [
  ['a prompt alone', { prompt: PROMPT }],
  ['an empty prompt, as the page names no shortest one', { prompt: '' }],
  ['a prompt of 800 characters', { prompt: 'x'.repeat(800) }],
  ['a prompt of 800 characters that are two UTF-16 units each', { prompt: '🐈'.repeat(800) }],
  ['a prompt of 800 Chinese characters', { prompt: '猫'.repeat(800) }],
  ['a negative prompt of 500 characters', { prompt: PROMPT, negative_prompt: '🐈'.repeat(500) }],
  ['the size 832*480', { prompt: PROMPT, size: '832*480' }],
  ['the size 480*832', { prompt: PROMPT, size: '480*832' }],
  ['the size 624*624', { prompt: PROMPT, size: '624*624' }],
  ['the size 1920*1080', { prompt: PROMPT, size: '1920*1080' }],
  ['the size 1080*1920', { prompt: PROMPT, size: '1080*1920' }],
  ['the size 1440*1440', { prompt: PROMPT, size: '1440*1440' }],
  ['the size 1632*1248', { prompt: PROMPT, size: '1632*1248' }],
  ['the size 1248*1632', { prompt: PROMPT, size: '1248*1632' }],
  ['a duration of 5', { prompt: PROMPT, duration: 5 }],
  ['prompt_extend switched off', { prompt: PROMPT, prompt_extend: false }],
  ['safety_filter switched off', { prompt: PROMPT, safety_filter: false }],
  ['the lowest seed', { prompt: PROMPT, seed: 0 }],
  ['the highest seed', { prompt: PROMPT, seed: 2147483647 }],
  ['a field that the page does not name', { prompt: PROMPT, watermark: { text: 'mine' } }]
]

const REFUSED: Array<[string, unknown, string]> = [
  ['no prompt', {}, "'prompt' expected to be provided, got None"],
  ['a prompt of null', { prompt: null }, "'prompt' expected to be a string, got None"],
  ['a prompt that is a number', { prompt: 7 }, "'prompt' expected to be a string, got 7"],
  ['a prompt of 801 characters', { prompt: 'x'.repeat(801) }, "'prompt' expected to have at most 800 characters, got 801"],
  ['a negative prompt that is a list', { prompt: PROMPT, negative_prompt: ['blurry'] }, '\'negative_prompt\' expected to be a string, got ["blurry"]'],
  ['a negative prompt of 501 characters', { prompt: PROMPT, negative_prompt: '猫'.repeat(501) }, "'negative_prompt' expected to have at most 500 characters, got 501"],
  ['a size that only the example of the page has', { prompt: PROMPT, size: '1280*720' }, "'size' expected to be one of '832*480', '480*832', '624*624', '1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632', got '1280*720'"],
  ['a size written with an x', { prompt: PROMPT, size: '832x480' }, "'size' expected to be one of"],
  ['a duration of 10', { prompt: PROMPT, duration: 10 }, "'duration' expected to be one of 5, got 10"],
  ['a duration in a string', { prompt: PROMPT, duration: '5' }, "'duration' expected to be one of 5, got '5'"],
  ['a prompt_extend in a string', { prompt: PROMPT, prompt_extend: 'true' }, "'prompt_extend' expected to be a boolean, got 'true'"],
  ['a safety_filter that is a number', { prompt: PROMPT, safety_filter: 1 }, "'safety_filter' expected to be a boolean, got 1"],
  ['a seed below 0', { prompt: PROMPT, seed: -1 }, "'seed' expected to be between 0 and 2147483647, got -1"],
  ['a seed above 2147483647', { prompt: PROMPT, seed: 2147483648 }, "'seed' expected to be between 0 and 2147483647, got 2147483648"],
  ['a seed with a fraction', { prompt: PROMPT, seed: 1.5 }, "'seed' expected to be an integer, got 1.5"],
  ['a seed that is a boolean', { prompt: PROMPT, seed: true }, "'seed' expected to be an integer, got True"],
  ['malformed JSON', '{"prompt":', 'the body expected to be a JSON object'],
  ['no body at all', '', 'the body expected to be a JSON object'],
  ['a list', [PROMPT], 'the body expected to be a JSON object'],
  ['null', null, 'the body expected to be a JSON object']
]

test.for(ACCEPTED)('a create with %s is accepted', async ([, body]) => {
  const { create } = await openSimulator()
  const reply = await create(body)
  expect(reply.status).toBe(202)
})

test.for(REFUSED)('a create with %s is refused with 400 and code 2001', async ([, body, complaint]) => {
  const { create } = await openSimulator()
  const reply = await create(body)
  expect(reply).toMatchObject({ status: 400, body: { status: 400, title: 'Invalid Request', error_code: 2001 } })
  expect(textAt(reply.body, 'detail')).toContain(`Invalid parameters: ${complaint}`)
})

test('validation runs before authentication: a bad body is a 400 even with a bad token', async () => {
  const { create } = await openSimulator()
  expect(await create({}, 'nobody')).toMatchObject({ status: 400, body: { error_code: 2001 } })
})

test('a body of 1 MB is read, and one byte more is a 413', async () => {
  const { create, simulator } = await openSimulator()
  const frame = JSON.stringify({ prompt: PROMPT, ignored: '' }).length
  const fits = JSON.stringify({ prompt: PROMPT, ignored: 'x'.repeat(1024 * 1024 - frame) })

  expect(await create(fits)).toMatchObject({ status: 202 })
  expect(await create(`${fits} `)).toMatchObject({ status: 413, body: { status: 413, title: 'Request Entity Too Large' } })
  expect(simulator.received.creates).toBe(1)
})
