// Frames of Redis's protocol, whole and in pieces.
import { expect, test } from 'vitest'
import { respReader, type RespFrame } from './resp-frames.ts'

/** The frames of a stream that arrives in pieces of so many bytes. */
function readInPieces (stream: string, bytes: number): RespFrame[] {
  const read = respReader()
  const whole = Buffer.from(stream)
  const pieces = Array.from({ length: Math.ceil(whole.length / bytes) }, (_, index) => whole.subarray(index * bytes, (index + 1) * bytes))
  return pieces.flatMap(read)
}

const FRAMES: ReadonlyArray<readonly [stream: string, frame: RespFrame]> = [
  ['*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n*1\r\n', { type: '*', words: ['SET', 'a'] }],
  ['PING now\r\n', { type: 'P', words: ['PING', 'now'] }],
  ['+OK\r\n', { type: '+', words: [] }],
  ['-ERR $5 *3\r\n', { type: '-', words: [] }],
  [':12\r\n', { type: ':', words: [] }],
  ['_\r\n', { type: '_', words: [] }],
  [',1.5\r\n', { type: ',', words: [] }],
  ['#t\r\n', { type: '#', words: [] }],
  ['(123456789012345678901234567890\r\n', { type: '(', words: [] }],
  ['$0\r\n\r\n', { type: '$', words: [''] }],
  ['$-1\r\n', { type: '$', words: [] }],
  ['$2\r\né\r\n', { type: '$', words: ['é'] }],
  ['=7\r\ntxt:a\r\n\r\n', { type: '=', words: ['txt:a\r\n'] }],
  ['!3\r\nERR\r\n', { type: '!', words: ['ERR'] }],
  ['*0\r\n', { type: '*', words: [] }],
  ['*-1\r\n', { type: '*', words: [] }],
  ['*2\r\n*2\r\n:1\r\n$-1\r\n*1\r\n$1\r\nb\r\n', { type: '*', words: ['b'] }],
  ['~2\r\n+a\r\n+b\r\n', { type: '~', words: [] }],
  ['%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n', { type: '%', words: ['a', 'b'] }],
  ['|1\r\n$3\r\nttl\r\n:5\r\n', { type: '|', words: ['ttl'] }],
  ['>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n', { type: '>', words: ['message', 'c'] }]
]

test.each(FRAMES)('a frame is found whole: %j', (stream, frame) => {
  expect(respReader()(Buffer.from(stream))).toEqual([frame])
})

test.each([1, 2, 3, 7, 64])('a stream is the same frames in pieces of %i bytes', bytes => {
  expect(readInPieces(FRAMES.map(([stream]) => stream).join(''), bytes)).toEqual(FRAMES.map(([, frame]) => frame))
})
