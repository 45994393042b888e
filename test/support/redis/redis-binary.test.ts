// Where redis-server comes from, and what is said where it comes from nowhere.
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../temp-folder.ts'
import { REDIS_MISSING, redisServerPath } from './redis-binary.ts'

function writeProgram (folder: string, name: string): string {
  const file = join(folder, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 })
  return file
}

test('the first redis-server on the path is taken, and a file that cannot be run is none', async () => {
  const folder = tempFolder()
  const [first, second, third] = [join(folder, 'first'), join(folder, 'second'), join(folder, 'third')]
  mkdirSync(first)
  writeFileSync(join(first, 'redis-server'), '', { mode: 0o644 })
  const taken = writeProgram(second, 'redis-server')
  writeProgram(third, 'redis-server')
  expect(await redisServerPath({ path: [first, second, third].join(delimiter) })).toBe(taken)
})

test('root gets redis-server installed where it is missing', async () => {
  const path = tempFolder()
  writeProgram(path, 'apt-get')
  expect(await redisServerPath({ path, isRoot: true, install: async () => { writeProgram(path, 'redis-server') } })).toBe(join(path, 'redis-server'))
})

test('for who is not root nothing is installed: the error says in one line what to install', async () => {
  const path = tempFolder()
  writeProgram(path, 'apt-get')
  await expect(redisServerPath({ path, isRoot: false, install: async () => { writeProgram(path, 'redis-server') } })).rejects.toThrow(new Error(REDIS_MISSING))
  expect(REDIS_MISSING).not.toContain('\n')
})

test('nor for root without apt-get', async () => {
  const path = tempFolder()
  await expect(redisServerPath({ path, isRoot: true, install: async () => { writeProgram(path, 'redis-server') } })).rejects.toThrow(new Error(REDIS_MISSING))
})

test('an installation that brings no redis-server is the same error', async () => {
  const path = tempFolder()
  writeProgram(path, 'apt-get')
  await expect(redisServerPath({ path, isRoot: true, install: async () => {} })).rejects.toThrow(new Error(REDIS_MISSING))
})
