// A secret whose file changes while the gateway runs, by every way in which files are changed.
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LiveFile } from '../../src/config/live-file.ts'
import { upstreamTokens } from '../../src/config/upstream-tokens.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { keptLog, type KeptLine } from '../support/kept-log.ts'
import { tempFolder } from '../support/temp-folder.ts'

const NOBODY = 65_534

type Opened = { folder: string, path: string, lines: readonly KeptLine[], live: LiveFile<readonly Secret[]>, tokens (): string[] }

/** A pool of tokens in a file that lies in a folder of the test's own, as the gateway found it at its start. */
function open (content = 'first', path = join(tempFolder(), 'token')): Opened {
  const folder = join(path, '..')
  writeFileSync(path, content)
  const { log, lines } = keptLog()
  const live = new LiveFile<readonly Secret[]>({
    variable: 'MULEROUTER_API_KEY_FILE',
    file: { path, text: new Secret(content.trim()) },
    value: upstreamTokens.parse(content),
    schema: upstreamTokens,
    names: tokens => tokens.map(token => token.fingerprint()),
    log
  })
  return { folder, path, lines, live, tokens: () => live.current().map(token => token.reveal()) }
}

/** Lets the file be as old as files are that nobody has touched for a while; its status keeps the time of now. */
function age (path: string): void {
  const past = new Date(Date.now() - 3_600_000)
  utimesSync(path, past, past)
}

function replaceByRename ({ folder, path }: Opened, content: string): void {
  const next = join(folder, 'next')
  writeFileSync(next, content)
  renameSync(next, path)
}

/** Does something as somebody to whom permissions mean something, which they do not to root. */
function unprivileged<Result> (work: () => Result): Result {
  if (process.getuid?.() !== 0) return work()
  process.seteuid?.(NOBODY)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

/** As Kubernetes mounts a secret: token -> ..data/token, ..data -> a folder with a time in its name. */
function mountAsKubernetes (folder: string, content: string): { path: string, swap (content: string): void } {
  let folders = 0
  const swap = (next: string): void => {
    const name = `..2026_11_22_${++folders}`
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'token'), next)
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    if (folders > 1) rmSync(join(folder, `..2026_11_22_${folders - 1}`), { recursive: true })
  }
  swap(content)
  symlinkSync(join('..data', 'token'), join(folder, 'token'))
  return { path: join(folder, 'token'), swap }
}

const ways: Record<string, (opened: Opened, content: string) => void> = {
  'rewritten in place': ({ path }, content) => writeFileSync(path, content),
  'replaced by rename': replaceByRename,
  'removed and written anew': ({ path }, content) => {
    rmSync(path)
    writeFileSync(path, content)
  },
  'linked from elsewhere': ({ folder, path }, content) => {
    writeFileSync(join(folder, 'elsewhere'), content)
    rmSync(path)
    linkSync(join(folder, 'elsewhere'), path)
  }
}

for (const [how, change] of Object.entries(ways)) {
  test(`a file that is ${how} is used by the next call, as often as it happens, also when size and second are the same`, () => {
    const opened = open('token-0000')
    for (let index = 1; index <= 200; index++) {
      const content = `token-${String(index).padStart(4, '0')}`
      change(opened, content)
      expect(opened.tokens()).toEqual([content])
    }
    expect(opened.lines.map(({ message }) => message)).toEqual(Array.from({ length: 200 }, () => 'secret rotated'))
  })
}

test('a link that is swapped, as Kubernetes does it, is used by the next call', () => {
  const folder = tempFolder()
  const { path, swap } = mountAsKubernetes(folder, 'token-0')
  const opened = open('token-0', path)
  expect(opened.tokens()).toEqual(['token-0'])
  for (let index = 1; index <= 20; index++) {
    swap(`token-${index}`)
    expect(opened.tokens()).toEqual([`token-${index}`])
  }
  expect(opened.lines.filter(({ level }) => level === 'error')).toEqual([])
})

test('a change is noticed although the file keeps its size and the time of its last writing', () => {
  const opened = open('token-a')
  age(opened.path)
  opened.tokens()
  const { atime, mtime } = statSync(opened.path)
  writeFileSync(opened.path, 'token-b')
  utimesSync(opened.path, atime, mtime)
  expect(opened.tokens()).toEqual(['token-b'])
})

test('a rotation is said by fingerprints, once, and shows no token', () => {
  const opened = open('canary-a,canary-b')
  writeFileSync(opened.path, 'canary-b\ncanary-c\n')
  opened.tokens()
  opened.tokens()
  const [a, b, c] = ['canary-a', 'canary-b', 'canary-c'].map(token => new Secret(token).fingerprint())
  expect(opened.lines).toEqual([{ level: 'info', facts: { variable: 'MULEROUTER_API_KEY_FILE', from: [a, b], to: [b, c] }, message: 'secret rotated' }])
})

test('the value is the same object as long as nothing has changed, also when the file was only touched or has more white space', () => {
  const opened = open('first')
  const before = opened.live.current()
  age(opened.path)
  writeFileSync(opened.path, '\n first \r\n')
  expect(opened.live.current()).toBe(before)
  expect(opened.live.refreshed()).toBe(before)
  expect(opened.lines).toEqual([])
})

test('lines that end as on Windows, and the mark that its editors begin with, are no part of a token', () => {
  const opened = open()
  writeFileSync(opened.path, '\uFEFFsecond\r\nthird\r\n')
  expect(opened.tokens()).toEqual(['second', 'third'])
})

const bad: Record<string, { spoil (opened: Opened): void, says: RegExp }> = {
  empty: { spoil: ({ path }) => truncateSync(path), says: /^is empty$/ },
  'nothing but white space': { spoil: ({ path }) => writeFileSync(path, ' \r\n\n'), says: /^is empty$/ },
  malformed: { spoil: ({ path }) => writeFileSync(path, 'canary with spaces'), says: /^must be a bearer token/ },
  'no text': { spoil: ({ path }) => writeFileSync(path, Buffer.from([0x63, 0xff, 0xfe, 0x00])), says: /^must be a bearer token/ },
  'a list that is too long': { spoil: ({ path }) => writeFileSync(path, Array.from({ length: 101 }, (_, index) => `canary-${index}`).join('\n')), says: /^must be at most 100 bearer tokens/ },
  'longer than any secret': { spoil: ({ path }) => writeFileSync(path, 'x'.repeat(1_048_577)), says: /^is longer than any secret$/ },
  missing: { spoil: ({ path }) => rmSync(path), says: /^cannot be read \(ENOENT\)$/ },
  'a folder': {
    spoil ({ path }) {
      rmSync(path)
      mkdirSync(path)
    },
    says: /^cannot be read \(EISDIR\)$/
  },
  'a link that leads nowhere': {
    spoil ({ path }) {
      rmSync(path)
      symlinkSync('nowhere', path)
    },
    says: /^cannot be read \(ENOENT\)$/
  },
  'a link to itself': {
    spoil ({ path }) {
      rmSync(path)
      symlinkSync('token', path)
    },
    says: /^cannot be read \(ELOOP\)$/
  },
  'a device': {
    spoil ({ path }) {
      rmSync(path)
      symlinkSync('/dev/zero', path)
    },
    says: /^is no regular file$/
  }
}

for (const [what, { spoil, says }] of Object.entries(bad)) {
  test(`a file that is ${what} is refused once and loudly, the old secret is kept, and a good one is used again`, () => {
    const opened = open('first')
    spoil(opened)
    for (let look = 0; look < 5; look++) {
      expect(opened.tokens()).toEqual(['first'])
      opened.live.refreshed()
    }
    expect(opened.lines).toEqual([{
      level: 'error', facts: { variable: 'MULEROUTER_API_KEY_FILE', problem: expect.stringMatching(says) }, message: 'secret file refused, the old secret is kept'
    }])
    expect(JSON.stringify(opened.lines)).not.toContain('canary')

    rmSync(opened.path, { recursive: true, force: true })
    replaceByRename(opened, 'second')
    expect(opened.tokens()).toEqual(['second'])
    expect(opened.lines.map(({ message }) => message).slice(1)).toEqual(['secret rotated'])
  })
}

test('a file that may not be read any more is refused, and used again when it may', () => {
  const opened = open('first')
  const tokens = (): string[] => unprivileged(opened.tokens)
  chmodSync(opened.folder, 0o755)
  writeFileSync(opened.path, 'second')
  chmodSync(opened.path, 0o000)
  expect(tokens()).toEqual(['first'])
  chmodSync(opened.path, 0o644)
  expect(tokens()).toEqual(['second'])
  expect(opened.lines.map(({ facts }) => facts)).toMatchObject([{ problem: 'cannot be read (EACCES)' }, { variable: 'MULEROUTER_API_KEY_FILE' }])
})

test('a file that is spoiled in another way is refused anew, and one that is as it was before is said to be mended', () => {
  const opened = open('first')
  const spoiled = ['two words', 'two other words', 'two words']
  for (const content of spoiled) {
    writeFileSync(opened.path, content)
    opened.tokens()
  }
  writeFileSync(opened.path, 'first')
  expect(opened.tokens()).toEqual(['first'])
  expect(opened.lines.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'info'])
  expect(opened.lines.at(-1)).toMatchObject({ message: 'secret file mended, as it was' })
})

test('a writer that empties the file before it writes is waited for by whoever looks in between', () => {
  const opened = open('first')
  for (let index = 0; index < 50; index++) {
    truncateSync(opened.path)
    const before = opened.tokens()
    expect(before).toHaveLength(1)
    writeFileSync(opened.path, `token-${index}`)
    expect(opened.tokens()).toEqual([`token-${index}`])
  }
})

test('what changed between the start and the first call is noticed', () => {
  const path = join(tempFolder(), 'token')
  const opened = open('at-the-start', path)
  age(path)
  replaceByRename(opened, 'since-then')
  age(path)
  expect(opened.tokens()).toEqual(['since-then'])
})
