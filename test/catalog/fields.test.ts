// The kinds of fields: what each accepts, the one form it gives on, and how it says no.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fixedNumber, flag, optionalText, requiredText, sameModel, sizeOf, wholeNumber, type FieldSchema, type Size
} from '../../src/catalog/fields.ts'

const SIZES: readonly Size[] = [
  { size: '832*480', ratio: '16:9', tier: 'small' },
  { size: '480*832', ratio: '9:16', tier: 'small' },
  { size: '624*624', ratio: '1:1', tier: 'small' },
  { size: '1632*1248', ratio: '4:3', tier: 'large' },
  { size: '1920*1080', ratio: '16:9', tier: 'large' }
]
const ALL_SIZES = 'must be one of 832*480, 480*832, 624*624, 1632*1248, 1920*1080'
const FILM = '\u{1F3AC}'
const HALF_OF_A_PAIR = '\ud83c'

/** What goes on in place of the value; undefined if the field is absent then. */
function normal (schema: FieldSchema, value: unknown): unknown { return schema.parse(value) }

/** How the field refuses the value. */
function refused (schema: FieldSchema, value: unknown): string[] {
  const parsed = schema.safeParse(value)
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => message)
}

test.each([
  ['832*480', '832*480'],
  ['832x480', '832*480'],
  ['832X480', '832*480'],
  ['832×480', '832*480'],
  ['  832 * 480 ', '832*480'],
  ['832 × 480', '832*480'],
  ['\t1920\tx\t1080\n', '1920*1080']
])('the size %j is understood as %s', (written, size) => {
  expect(normal(sizeOf(SIZES), written)).toBe(size)
})

test.each([
  ['1280*720', 'cannot be 1280*720: this model does not make it; its 16:9 sizes are 832*480, 1920*1080'],
  ['1080x1920', 'cannot be 1080*1920: this model does not make it; its 9:16 sizes are 480*832'],
  ['1000*1000', 'cannot be 1000*1000: this model does not make it; its 1:1 sizes are 624*624'],
  ['1024*768', 'cannot be 1024*768: this model does not make it; its 4:3 sizes are 1632*1248'],
  ['480*831', 'cannot be 480*831: this model does not make it; its 9:16 sizes are 480*832'],
  ['999999999*1', 'cannot be 999999999*1: this model does not make it; its 16:9 sizes are 832*480, 1920*1080']
])('the size %s is refused, and those of the same shape are named', (size, detail) => {
  expect(refused(sizeOf(SIZES), size)).toEqual([detail])
})

test.each([
  '', ' ', '832', '832*', '*480', '832*480*2', '832-480', '832,480', '16:9', '1080P', '832 480', '-832*480', '832.0*480', '0*0', '0*480', '0832*480',
  '１920*1080', '9999999999*1', null, 832, ['832*480'], { width: 832 }, true
])('%j is no size, and all sizes are named', written => {
  expect(refused(sizeOf(SIZES), written)).toEqual([ALL_SIZES])
})

test('no size is ever replaced by a different one', () => {
  const side = fc.integer({ min: 1, max: 2000 })
  const known = SIZES.map(({ size }) => size)
  fc.assert(fc.property(side, side, fc.constantFrom('*', 'x', 'X', '×', ' * '), (width, height, sign) => {
    const size = `${width}*${height}`
    const parsed = sizeOf(SIZES).safeParse(`${width}${sign}${height}`)
    expect(parsed.success ? parsed.data : undefined).toBe(known.includes(size) ? size : undefined)
  }))
})

test('a required text is trimmed, and its characters are Unicode code points', () => {
  const text = requiredText(10)
  expect(normal(text, '  a cat \n')).toBe('a cat')
  expect(normal(text, ` ${FILM.repeat(10)} `)).toBe(FILM.repeat(10))
  expect(refused(text, FILM.repeat(11))).toEqual(['must have at most 10 characters after trimming'])
  expect(normal(text, '一二三四五六七八九十')).toBe('一二三四五六七八九十')
  expect(normal(text, ` ${'x'.repeat(10)}${' '.repeat(100)}`)).toBe('x'.repeat(10))
  expect(refused(text, 'x'.repeat(11))).toEqual(['must have at most 10 characters after trimming'])
  expect(refused(text, FILM.repeat(5) + 'x'.repeat(6))).toEqual(['must have at most 10 characters after trimming'])
})

test.each([
  [undefined, 'is required'],
  [null, 'must be a string of at most 10 characters'],
  [5, 'must be a string of at most 10 characters'],
  [['a'], 'must be a string of at most 10 characters'],
  ['', 'must have 1 to 10 characters, not only white space'],
  [' \t\n\u3000', 'must have 1 to 10 characters, not only white space'],
  [HALF_OF_A_PAIR, 'holds half of a surrogate pair, which is not a character'],
  [`a${HALF_OF_A_PAIR}b`, 'holds half of a surrogate pair, which is not a character']
])('a required text cannot be %j', (value, detail) => {
  expect(refused(requiredText(10), value)).toEqual([detail])
})

test('a text counts as many characters as it has code points, however long each is in UTF-16', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('a', 'é', '猫', FILM), { minLength: 1, maxLength: 30 }), characters => {
    expect(requiredText(20).safeParse(characters.join('')).success).toBe(characters.length <= 20)
  }))
})

test.each([[undefined], [null], [''], ['   ']])('an optional text that is %j is absent', value => {
  expect(normal(optionalText(10), value)).toBe(undefined)
})

test.each([
  ['x'.repeat(11), 'must have at most 10 characters after trimming'],
  [5, 'must be a string of at most 10 characters'],
  [{}, 'must be a string of at most 10 characters'],
  [HALF_OF_A_PAIR, 'holds half of a surrogate pair, which is not a character']
])('an optional text cannot be %j', (value, detail) => {
  expect(refused(optionalText(10), value)).toEqual([detail])
})

test('an optional text is trimmed', () => {
  expect(normal(optionalText(10), ' blurry ')).toBe('blurry')
})

test.each([[0, 0], [100, 100], ['0', 0], ['100', 100], ['007', 7], [5.0, 5], [1e2, 100]])('the whole number %j goes on as %d', (value, number) => {
  expect(normal(wholeNumber(0, 100), value)).toBe(number)
})

test('a negative zero goes on as zero, so that one number has one form', () => {
  expect(Object.is(normal(wholeNumber(0, 100), -0), 0)).toBe(true)
})

test.each([-1, 101, 1.5, '-1', '101', '1.5', '1e1', '', ' 5', '5 ', '+5', '0x5', '٣', '9'.repeat(31), '9'.repeat(30), NaN, Infinity, 2 ** 53, null, true, [5], {}])('%j is no whole number from 0 to 100', value => {
  expect(refused(wholeNumber(0, 100), value)).toEqual(['must be a whole number from 0 to 100'])
})

test.each([[5], ['5'], [5.0]])('the one number that there is may be written %j', value => {
  expect(normal(fixedNumber(5, 'seconds'), value)).toBe(5)
})

test.each([[6], [0], [-5], [5.1], ['6'], ['5.0'], [' 5'], [null], [true], [[5]]])('the one number that there is cannot be %j', value => {
  expect(refused(fixedNumber(5, 'seconds'), value)).toEqual(['must be 5: this model makes 5 seconds, nothing else'])
})

test.each([['true'], ['false'], [1], [0], [null], ['']])('a flag is true or false, not %j', value => {
  expect(normal(flag(), true)).toBe(true)
  expect(normal(flag(), false)).toBe(false)
  expect(refused(flag(), value)).toEqual(['must be true or false'])
})

test('the model\'s own names are accepted and not sent on, another model is refused', () => {
  const schema = sameModel(['t2v', 'vendor/t2v'])
  expect(normal(schema, 't2v')).toBe(undefined)
  expect(normal(schema, 'vendor/t2v')).toBe(undefined)
  for (const other of ['other', 'T2V', '', null, 5]) expect(refused(schema, other)).toEqual(['must be t2v or absent: the URL names the model'])
})

test('every optional field may be absent', () => {
  const optional = [optionalText(5), flag(), wholeNumber(0, 1), fixedNumber(5, 'seconds'), sameModel(['a']), sizeOf(SIZES)]
  expect(optional.map(schema => normal(schema, undefined))).toEqual(optional.map(() => undefined))
})
