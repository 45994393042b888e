// The file of teams as editors and newcomers meet it: its schema is current, and its example is valid by both.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { teamsFileSchema } from '../../src/teams/teams-file.ts'
import { teamsSchemaText } from '../../src/teams/teams-json-schema.ts'

const text = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
const schema = JSON.parse(text('teams.schema.json'))
const example = parse(text('teams.example.yaml'), { merge: true })

function isValid (file: unknown): boolean {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  return ajv.validate(schema, file)
}

test('docs/teams.schema.json is what "npm run schema" writes', () => {
  expect(text('teams.schema.json')).toBe(teamsSchemaText())
})

test('the example names the schema, and is valid by it and by the gateway', () => {
  expect(text('teams.example.yaml')).toMatch(/^# yaml-language-server: \$schema=\.\/teams\.schema\.json\n/)
  expect(isValid(example)).toBe(true)
  expect(teamsFileSchema.safeParse(example).error).toBeUndefined()
})

test.each([
  ['a misspelt field', { teams: [{ id: 'a', timzone: 'UTC' }] }],
  ['a period that is none', { teams: [{ id: 'a', limits: { quotas: [{ per: 'year', unit: 'tasks', limit: 1 }] } }] }],
  ['a key without a label', { teams: [{ id: 'a', keys: [{}] }] }],
  ['an empty label', { teams: [{ id: 'a', keys: [{ label: '' }] }] }],
  ['no teams', {}]
])('%s is wrong in the editor and at the gateway', (_, file) => {
  expect(isValid(file)).toBe(false)
  expect(teamsFileSchema.safeParse(file).success).toBe(false)
})
