// The log: one JSON object a line, and what must stay secret does not get into it, whoever logs it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Secret } from '../../src/kernel/secret.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { tempFolder } from '../support/temp-folder.ts'

const CANARY = 'canary-4e2a'

/** A log that is read back line by line. */
function memoryLog (level: string) {
  const text: string[] = []
  return {
    log: openLog({ level, destination: { write: line => { text.push(line) } } }),
    lines: () => text.map(line => JSON.parse(line)),
    text: () => text.join('')
  }
}

test.each(['authorization', 'token', 'secret', 'key', 'hash', 'headers', 'body', 'videos', 'url'])('a fact called %s is not logged, at the top or one level down', name => {
  const { log, lines, text } = memoryLog('info')
  log.info({ [name]: CANARY, request: { [name]: CANARY }, err: Object.assign(new Error('broken'), { [name]: { deep: CANARY } }) }, 'a line')
  expect(text()).not.toContain(CANARY)
  expect(lines()).toMatchObject([{ [name]: '[secret]', request: { [name]: '[secret]' }, err: { message: 'broken', [name]: '[secret]' }, msg: 'a line' }])
})

test('what was thrown and is no error is fenced like everything else', () => {
  const { log, lines } = memoryLog('info')
  log.info({ err: { token: CANARY, code: 1 } }, 'a line')
  log.info({ err: 'a text' }, 'a line')
  log.info({ cause: Object.assign(new Error('broken'), { token: CANARY }) }, 'a line')
  expect(lines()).toMatchObject([{ err: { token: '[secret]', code: 1 } }, { err: 'a text' }, { cause: { token: '[secret]' } }])
})

test('an error of another realm is logged like one of ours', () => {
  const { log, lines } = memoryLog('info')
  log.info({ err: runInNewContext('Object.assign(new Error("broken"), { token: "canary-4e2a" })') }, 'a line')
  expect(lines()).toMatchObject([{ err: { message: 'broken', stack: expect.stringContaining('broken'), token: '[secret]' } }])
})

test('what every line of a child says is fenced, also one level down and in a child of a child', () => {
  const { log, text } = memoryLog('info')
  const child = log.child({ token: CANARY, request: { url: CANARY }, team: 'ads' })
  child.info({}, 'a line')
  child.child({ err: Object.assign(new Error('broken'), { secret: CANARY }) }, { serializers: {} }).info({ key: CANARY }, 'a line')
  child.setBindings({ hash: CANARY })
  child.info({}, 'a line')
  expect(text()).not.toContain(CANARY)
  expect(text().match(/"team":"ads"/g)).toHaveLength(3)
})

test('facts are logged as they are, and nobody else\'s object is changed', () => {
  const facts = { team: 'ads', token: CANARY, changes: { token: { after: CANARY }, name: { after: 'Ads' } } }
  const { log, lines } = memoryLog('info')
  log.info(facts, 'a line')
  expect(lines()).toMatchObject([{ team: 'ads', token: '[secret]', changes: { token: '[secret]', name: { after: 'Ads' } } }])
  expect(facts.changes.token).toEqual({ after: CANARY })
})

test('the ids of a task and its key are logged', () => {
  const facts = { request_id: 'req_1', task_id: 'a', task_ref: 'tsk_1', team: 'ads', key_id: 'key_1', model: 'a/b', price_usd: '0.50' }
  const { log, lines } = memoryLog('info')
  log.info(facts, 'task submitted')
  expect(lines()).toEqual([{ level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), ...facts, msg: 'task submitted' }])
})

test('levels are words', () => {
  const { log, lines } = memoryLog('trace')
  log.trace('t')
  log.debug('d')
  log.info('i')
  log.warn('w')
  log.error('e')
  log.fatal('f')
  expect(lines().map(({ level, msg }) => [level, msg])).toEqual([['trace', 't'], ['debug', 'd'], ['info', 'i'], ['warn', 'w'], ['error', 'e'], ['fatal', 'f']])
})

test('what is below the level is not logged', () => {
  const { log, lines } = memoryLog('warn')
  log.info('quiet')
  log.warn('loud')
  expect(lines().map(({ msg }) => msg)).toEqual(['loud'])
})

test.each(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])('a record is written at level %s as at any other, with what its child says', level => {
  const { log, lines } = memoryLog(level)
  log.child({ request_id: 'req_1', token: CANARY }).record({ task_id: 'a' }, 'task submitted')
  log.record({}, 'task failed')
  expect(lines()).toMatchObject([{ level: 'info', request_id: 'req_1', token: '[secret]', task_id: 'a', msg: 'task submitted' }, { level: 'info', msg: 'task failed' }])
})

test('at level silent nothing but records is written', () => {
  const { log, text } = memoryLog('silent')
  for (const line of [log, log.child({})]) line.fatal({}, 'loud')
  expect(text()).toBe('')
})

test('a secret is logged as [secret] wherever it stands', () => {
  const { log, text } = memoryLog('info')
  log.info({ a: { b: { c: new Secret(CANARY) } }, list: [new Secret(CANARY)] }, `uses ${new Secret(CANARY)}`)
  expect(text()).not.toContain(CANARY)
  expect(text().split('[secret]')).toHaveLength(4)
})

test('a line is in its file before the call that logs it returns, and the file\'s folder is made', () => {
  const destination = join(tempFolder(), 'deep', 'gateway.log')
  const log = openLog({ level: 'info', destination })
  log.info({ number: 1 }, 'first')
  expect(JSON.parse(readFileSync(destination, 'utf8'))).toMatchObject({ number: 1, msg: 'first' })
})

test('a message with line breaks is still one line', () => {
  const { log, text } = memoryLog('info')
  log.info({ note: 'a\nb' }, 'c\nd')
  expect(text().trimEnd().split('\n')).toHaveLength(1)
})
