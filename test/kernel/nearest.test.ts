// The name that somebody meant.
import { expect, test } from 'vitest'
import { nearest } from '../../src/kernel/nearest.ts'

const KNOWN = ['prompt', 'negative_prompt', 'size', 'duration', 'prompt_extend', 'seed', 'safety_filter', 'model']

test.each([
  ['promt', 'prompt'],
  ['Prompt', 'prompt'],
  ['negativePrompt', 'negative_prompt'],
  ['negative-prompt', 'negative_prompt'],
  ['negativ_promt', 'negative_prompt'],
  ['siz', 'size'],
  ['sizes', 'size'],
  ['sead', 'seed'],
  ['durration', 'duration'],
  ['PROMPT EXTEND', 'prompt_extend'],
  ['safetyfilter', 'safety_filter'],
  ['models', 'model']
])('%j most likely means %s', (name, meant) => {
  expect(nearest(name, KNOWN)).toBe(meant)
})

test.each(['', 'x', 'image', 'webhook_url', 'resolution', '提示', '__proto__', 'x'.repeat(100_000)])('%j is like no known name', name => {
  expect(nearest(name, KNOWN)).toBe(undefined)
})

test('where nothing is known, nothing is near', () => {
  expect(nearest('prompt', [])).toBe(undefined)
})

test('of two near names the nearer one is meant, whatever their order', () => {
  expect(nearest('prompts', ['prompter', 'prompt'])).toBe('prompt')
  expect(nearest('prompts', ['prompt', 'prompter'])).toBe('prompt')
})
