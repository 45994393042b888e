// Suites that share one Redis stay out of each other's way.
import { expect, test } from 'vitest'
import { redisForTest } from './redis-for-test.ts'
import { dropPrefix, uniquePrefix } from './shared-redis.ts'

test('of a thousand prefixes none is the beginning of another', () => {
  const prefixes = Array.from({ length: 1000 }, uniquePrefix)
  expect(new Set(prefixes).size).toBe(1000)
  for (const prefix of prefixes) expect(prefix).toMatch(/^t[0-9a-z]{11}$/)
})

test('to drop a prefix removes its keys, however many they are, and no others', async () => {
  const server = await redisForTest()
  const client = server.client()
  const [mine, other] = [uniquePrefix(), uniquePrefix()]
  await client.mset(Array.from({ length: 5000 }, (_, index) => [`${mine}:${index}`, 'x']).flat())
  await client.mset(`${other}:1`, 'x', 'neither', 'x')
  expect(await dropPrefix(server.url, mine)).toBe(5000)
  expect((await client.keys('*')).sort()).toEqual(['neither', `${other}:1`])
  expect(await dropPrefix(server.url, mine)).toBe(0)
})

test('a prefix is no pattern', async () => {
  const server = await redisForTest()
  const client = server.client()
  await client.mset('a*b', 'x', 'aab', 'x', 'a[c]', 'x', 'ac', 'x', 'a\\d', 'x')
  for (const prefix of ['a*', 'a[c]', 'a\\']) expect(await dropPrefix(server.url, prefix)).toBe(1)
  expect((await client.keys('*')).sort()).toEqual(['aab', 'ac'])
})

test('the empty prefix, which all keys begin with, is refused', async () => {
  const server = await redisForTest()
  await expect(dropPrefix(server.url, '')).rejects.toThrow('empty prefix')
})
