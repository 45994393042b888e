// What MuleRouter's answers mean: its words and their synonyms, its shapes of refusals, and what is none of it.
import { expect, test } from 'vitest'
import type { TaskId } from '../../src/kernel/ids.ts'
import type { Answer } from '../../src/upstream/exchange.ts'
import { readRefusal, readRemoved, readTask } from '../../src/upstream/reply.ts'

const ID = '3c90c3cc-0d44-4b50-8888-8dd25736052a'

function answer (body: unknown, more: Partial<Answer> = {}): Answer {
  return { status: 200, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body), ...more }
}

function statusOf (status: unknown): unknown { return readTask(answer({ task_info: { id: ID, status } }))?.body.task_info.status }

test.each([
  ['pending', 'pending'],
  ['queued', 'pending'],
  ['processing', 'processing'],
  ['running', 'processing'],
  ['retrying', 'processing'],
  ['completed', 'completed'],
  ['succeeded', 'completed'],
  ['failed', 'failed']
])('the provider\'s word %s means %s', (word, status) => {
  expect(statusOf(word)).toBe(status)
})

test.each(['cancelled', 'UNKNOWN', 'Completed', 'failed ', '', 'constructor', '__proto__', 'toString'])('the word %j, which nobody knows, is not the end of the task', word => {
  expect(statusOf(word)).toBe('processing')
})

test.each([undefined, null, 5, {}])('a status that is %s is that of an accepted create, and no verdict of a look', status => {
  const said = answer({ task_info: { id: ID, status } })
  expect(readTask(said, { statusless: 'pending' })?.body.task_info.status).toBe('pending')
  expect(readTask(said)).toBe(undefined)
})

test('everything but the status is passed on as it was', () => {
  const body = { task_info: { id: ID, status: 'succeeded', created_at: '2026-09-21T08:23:12.657134+00:00', extra: [1, null] }, videos: ['https://a.example/1.mp4?s=%2F'], more: { deep: true } }
  expect(readTask(answer(body))).toEqual({ taskId: ID, body: { ...body, task_info: { ...body.task_info, status: 'completed' } } })
})

test.each([
  ['nothing', ''],
  ['a page', '<html>Bad gateway</html>'],
  ['cut JSON', '{"task_info":{"id":"a"'],
  ['a list', []],
  ['null', null],
  ['no task', {}],
  ['a task without an id', { task_info: { status: 'pending' } }],
  ['an id that is a number', { task_info: { id: 5, status: 'pending' } }],
  ['an id that is empty', { task_info: { id: '', status: 'pending' } }],
  ['an id that leaves its place in a URL', { task_info: { id: '../admin', status: 'pending' } }],
  ['nested without end', `{"task_info":{"id":"${ID}","status":"pending"},"more":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ['an id of 129 characters', { task_info: { id: 'x'.repeat(129), status: 'pending' } }]
])('an answer that is %s names no task', (_what, body) => {
  expect(readTask(answer(body))).toBe(undefined)
})

test('a deletion is read as it was written; one that says less has the time of now, and one that says something else is none', () => {
  const taskId = ID as TaskId
  const body = { task_id: ID, deleted_at: '2026-11-22T12:00:00Z' }
  expect(readRemoved(answer({ ...body, more: 1 }), taskId)).toEqual(body)
  for (const less of ['', ' \n', {}, { task_id: ID }, { task_id: ID, deleted_at: null }]) expect(readRemoved(answer(less), taskId)).toEqual({ task_id: ID, deleted_at: expect.stringMatching(/^\d{4}-/) })
  for (const other of ['<html>Sign in</html>', 'done', [], null, { task_id: 5 }, { task_id: 'another' }]) expect(readRemoved(answer(other), taskId)).toBe(undefined)
})

const NO_WORDS = { title: undefined, detail: undefined, errorCode: undefined, retryAfterS: undefined }

test.each([
  ['at the top', { status: 401, title: 'Invalid API Key format', detail: 'None (request_id: …)', instance: '/vendors', error_code: 1001 }, { title: 'Invalid API Key format', detail: 'None (request_id: …)', errorCode: 1001 }],
  ['in the task', { task_info: { id: ID, status: 'failed', error: { code: 2001, title: 'Invalid Request', detail: 'size' } } }, { title: 'Invalid Request', detail: 'size', errorCode: 2001 }],
  ['in an error with error_code', { error: { error_code: 4002, title: 'Busy', detail: 'later' } }, { title: 'Busy', detail: 'later', errorCode: 4002 }],
  ['in an error with code', { error: { code: 4008, title: 'Busy', detail: 'later' } }, { title: 'Busy', detail: 'later', errorCode: 4008 }]
])('the provider\'s own refusal is recognized with its words %s', (_where, body, words) => {
  expect(readRefusal(answer(body, { status: 400 }))).toEqual({ ...NO_WORDS, status: 400, ownShape: true, ...words })
})

test('words at the top come before those of the task, and those before an error\'s', () => {
  const task = { error: { code: 2, title: 'task', detail: 'task' } }
  const error = { error_code: 3, title: 'error', detail: 'error' }
  expect(readRefusal(answer({ title: 'top', detail: 'top', error_code: 1, task_info: task, error }))).toMatchObject({ title: 'top', detail: 'top', errorCode: 1 })
  expect(readRefusal(answer({ task_info: task, error }))).toMatchObject({ title: 'task', detail: 'task', errorCode: 2 })
})

test.each([
  ['a page of a proxy', '<html>502 Bad Gateway</html>', {}],
  ['nothing', '', {}],
  ['a list', [], {}],
  ['null', null, {}],
  ['an error that is a text', { error: 'no' }, {}],
  ['a code that is a text', { error_code: '1001', title: 'no' }, { title: 'no' }],
  ['a code that is no integer', { error_code: 10.5, detail: 'no' }, { detail: 'no' }],
  ['an unknown route without a code', { status: 404, title: 'Not Found' }, { title: 'Not Found' }],
  ['words that are no texts', { title: 5, detail: { a: 1 } }, {}],
  ['somebody else\'s problem document', { type: 'about:blank', title: 'Service Unavailable', status: 503 }, { title: 'Service Unavailable' }]
])('%s is not the provider\'s own shape', (_what, body, words) => {
  expect(readRefusal(answer(body, { status: 502 }))).toEqual({ ...NO_WORDS, status: 502, ownShape: false, ...words })
})

test('one part that cannot be read does not hide the others', () => {
  expect(readRefusal(answer({ title: 5, detail: 'kept', error_code: 2001, error: 'text', task_info: null }))).toMatchObject({ title: undefined, detail: 'kept', errorCode: 2001, ownShape: true })
})

test.each([
  ['120', 120],
  ['0', 0],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 40],
  ['Wednesday, 21-Oct-26 07:28:00 GMT', 40],
  ['Wed Oct 21 07:28:00 2026', 40],
  ['Wed, 21 Oct 2026 07:27:20 GMT', 0],
  ['Tue, 20 Oct 2026 07:28:00 GMT', 0],
  ['Wed, 21 Oct 2099 07:28:00 GMT', undefined],
  ['Wed, 21 Foo 2026 07:28:00 GMT', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['', undefined],
  ['1234567', undefined]
])('Retry-After %j means %j seconds', (value, seconds) => {
  expect(readRefusal(answer({}, { status: 429, headers: { date: 'Wed, 21 Oct 2026 07:27:20 GMT', 'retry-after': value } })).retryAfterS).toBe(seconds)
})

test('a date in Retry-After is counted from now where the answer says no Date', () => {
  const headers = { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }
  const { retryAfterS = 0 } = readRefusal(answer({}, { status: 429, headers }))
  expect(retryAfterS).toBeGreaterThan(3500)
  expect(retryAfterS).toBeLessThanOrEqual(3600)
})
