// What counts as a round trip, byte by byte.
import { expect, test } from 'vitest'
import { countRoundTrips, type Connection } from './round-trips.ts'

const SHA = '1b936e3fe509bcbc9cd0664897bbe8fd0cac101b'

function send (connection: Connection, ...words: string[]): void {
  connection.sent(Buffer.from(`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`))
}
function answer (connection: Connection, reply = '+OK\r\n'): void { connection.answered(Buffer.from(reply)) }

test('commands are named with the script, the function or the subcommand that they are about', () => {
  const counter = countRoundTrips()
  const connection = counter.connection()
  send(connection, 'evalsha', SHA, '1', 'key')
  send(connection, 'fcall', 'admit', '0')
  send(connection, 'client', 'setinfo', 'LIB-NAME', 'x')
  send(connection, 'get', 'key')
  expect(counter.commands).toEqual([`EVALSHA ${SHA}`, 'FCALL admit', 'CLIENT SETINFO', 'GET'])
})

test('a batch is one round trip, and so is what is sent side by side', () => {
  const counter = countRoundTrips()
  const [one, other] = [counter.connection(), counter.connection()]
  send(one, 'GET', 'a')
  send(one, 'GET', 'b')
  send(other, 'GET', 'c')
  answer(one)
  answer(one)
  answer(other)
  expect(counter.roundTrips).toBe(1)
})

test('a command that is sent after a reply is one more, on the same connection or on another', () => {
  const counter = countRoundTrips()
  const [one, other] = [counter.connection(), counter.connection()]
  send(one, 'GET', 'a')
  answer(one)
  send(one, 'GET', 'b')
  answer(one)
  send(other, 'GET', 'c')
  expect(counter.roundTrips).toBe(3)
})

test('a command that is sent after one reply is one more even while another reply is awaited', () => {
  const counter = countRoundTrips()
  const [one, other] = [counter.connection(), counter.connection()]
  send(other, 'BLPOP', 'x', '0')
  send(one, 'GET', 'a')
  answer(one)
  send(one, 'GET', 'b')
  expect(counter.roundTrips).toBe(2)
})

test('pushes answer nothing', () => {
  const counter = countRoundTrips()
  const connection = counter.connection()
  send(connection, 'SUBSCRIBE', 'c')
  send(connection, 'GET', 'a')
  answer(connection, '>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n')
  send(connection, 'GET', 'b')
  expect(counter.roundTrips).toBe(1)
  answer(connection, '$-1\r\n')
  send(connection, 'GET', 'c')
  expect(counter.roundTrips).toBe(2)
  answer(connection, '$-1\r\n')
  answer(connection, '$-1\r\n')
  send(connection, 'GET', 'd')
  expect(counter.roundTrips).toBe(3)
})

test('after a reset nothing of before is counted, not even a late reply', () => {
  const counter = countRoundTrips()
  const connection = counter.connection()
  send(connection, 'GET', 'a')
  answer(connection)
  send(connection, 'GET', 'b')
  counter.reset()
  expect(counter).toMatchObject({ commands: [], roundTrips: 0 })
  answer(connection)
  send(connection, 'GET', 'c')
  expect(counter).toMatchObject({ commands: ['GET'], roundTrips: 1 })
})
