// What a team and a key permit together, and the decision about one request.
import { expect, test } from 'vitest'
import { applyPolicies, policySchema, type Policy, type PolicyRequest } from '../../src/teams/policy.ts'

const MODEL = 'alibaba/wan2.2-t2v-plus'
const SMALL = ['832*480', '480*832']

/** A request for a 1080P video, with `size` not given. */
function request (given: PolicyRequest['given'] = {}): PolicyRequest {
  return { model: MODEL, fields: ['prompt', 'size', 'seed', 'safety_filter'], given: { prompt: 'a cat', ...given }, defaults: { size: '1920*1080', safety_filter: true } }
}

function decide (policies: Policy[], given: PolicyRequest['given'] = {}): unknown {
  const decision = applyPolicies(policies, request(given))
  return decision.kind === 'permitted' ? decision.given : decision.rule
}

test('without a policy everything is permitted, and nothing is filled in', () => {
  expect(decide([])).toEqual({ prompt: 'a cat' })
  expect(decide([{}, {}], { size: '1920*1080' })).toEqual({ prompt: 'a cat', size: '1920*1080' })
})

test('a model must be on the lists of team and key both', () => {
  expect(decide([{ models: [MODEL] }, { models: ['other/model', MODEL] }])).toEqual({ prompt: 'a cat' })
  expect(decide([{ models: [MODEL] }, { models: ['other/model'] }])).toBe(`the policy permits the models other/model, not ${MODEL}`)
  expect(decide([{ models: [] }])).toBe(`the policy permits the models nothing, not ${MODEL}`)
})

test('a given value must be on the list', () => {
  expect(decide([{ fields: { size: SMALL } }], { size: '480*832' })).toEqual({ prompt: 'a cat', size: '480*832' })
  expect(decide([{ fields: { size: SMALL } }], { size: '1920*1080' })).toBe('the policy permits size to be 832*480, 480*832, not 1920*1080')
})

test('values are compared with their type', () => {
  expect(decide([{ fields: { seed: ['7'] } }], { seed: 7 })).toBe('the policy permits seed to be 7, not 7')
  expect(decide([{ fields: { safety_filter: [true] } }], { safety_filter: false })).toBe('the policy permits safety_filter to be true, not false')
  expect(decide([{ fields: { seed: [0] } }], { seed: 0 })).toEqual({ prompt: 'a cat', seed: 0 })
})

test('a value that is not given is the only permitted one', () => {
  expect(decide([{ fields: { size: ['624*624'], safety_filter: [false] } }])).toEqual({ prompt: 'a cat', size: '624*624', safety_filter: false })
})

test('a value named twice is still the only one', () => {
  expect(decide([{ fields: { size: ['624*624', '624*624'] } }])).toEqual({ prompt: 'a cat', size: '624*624' })
})

test('a value that is not given is the default, if that is permitted among several', () => {
  expect(decide([{ fields: { size: ['832*480', '1920*1080'] } }])).toEqual({ prompt: 'a cat' })
})

test('a value that is not given and whose default is not permitted is refused, and the permitted ones are named', () => {
  expect(decide([{ fields: { size: SMALL } }])).toBe('the policy permits size to be 832*480, 480*832, and the request gives none')
  expect(decide([{ fields: { seed: [1, 2] } }])).toBe('the policy permits seed to be 1, 2, and the request gives none')
})

test('what team and key both permit is permitted, in whatever order the two stand', () => {
  const team = { fields: { size: ['832*480', '624*624'] } }
  const key = { fields: { size: ['624*624', '1920*1080'] } }
  for (const policies of [[team, key], [key, team]]) {
    expect(decide(policies)).toEqual({ prompt: 'a cat', size: '624*624' })
    expect(decide(policies, { size: '832*480' })).toBe('the policy permits size to be 624*624, not 832*480')
  }
})

test('when team and key have nothing in common, nothing is permitted', () => {
  const policies = [{ fields: { size: ['832*480'] } }, { fields: { size: ['624*624'] } }]
  expect(decide(policies, { size: '832*480' })).toBe('the policy permits size to be nothing, not 832*480')
  expect(decide(policies)).toBe('the policy permits size to be nothing, and the request gives none')
})

test('a rule about a field that the model does not have does not concern it', () => {
  expect(decide([{ fields: { aspect_ratio: ['1:1'] } }])).toEqual({ prompt: 'a cat' })
})

test('a decision does not change the request that it is about', () => {
  const asked = request()
  applyPolicies([{ fields: { size: ['624*624'] } }], asked)
  expect(asked).toEqual(request())
})

test.each([
  [{ models: 'all' }, 'must be a list of vendor/model names'],
  [{ fields: [] }, 'must be an object of lists'],
  [{ fields: { size: '832*480' } }, 'must be a list of permitted values'],
  [{ fields: { size: [null] } }, 'must be a string, a number or a boolean'],
  [[], 'must be a JSON object']
])('the policy %j is refused', (json, detail) => {
  expect(policySchema.safeParse(json).error?.issues.map(({ message }) => message)).toEqual([detail])
})

test('a policy written as JSON is read back as it was', () => {
  const policy = { models: [MODEL], fields: { size: SMALL, safety_filter: [true], seed: [1] } }
  expect(policySchema.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy)
})
