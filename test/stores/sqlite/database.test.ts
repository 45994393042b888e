// Opening the one file of the embedded ledger: what can be used is used, and what cannot is said in one line.
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { DatabaseUnusable, openDatabase, transaction } from '../../../src/stores/sqlite/database.ts'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { nextLine, startChild } from './processes.ts'

const NOBODY = 65534

/** The message with which the file is refused. */
function refusal (path: string): string {
  try {
    openDatabase({ path, sync: 'normal' }).close()
  } catch (error) {
    if (error instanceof DatabaseUnusable) return error.message
    throw error
  }
  return 'opened'
}

function pragma (database: DatabaseSync, name: string): unknown { return database.prepare(`PRAGMA ${name}`).get()?.[name] }

/** A database of ours, closed. */
function existing (path: string): string {
  openDatabase({ path, sync: 'normal' }).close()
  return path
}

test('a file that does not exist is made, with all folders above it, and every table in it', () => {
  const path = join(tempFolder(), 'deep', 'deeper', 'ledger.db')
  const database = openDatabase({ path, sync: 'normal' })
  const tables = database.prepare('SELECT name FROM sqlite_schema WHERE type = \'table\' ORDER BY name').all().map(({ name }) => name)
  database.close()
  expect(tables).toEqual(['audit', 'claims', 'counters', 'deliveries', 'in_flight', 'kept', 'keys', 'lost_answers', 'requests', 'sqlite_sequence', 'tasks', 'teams', 'usage_days', 'webhooks'])
})

test.each([['normal', 1], ['full', 2]] as const)('with sync %s the file is journalled by a write-ahead log, in exclusive use, with foreign keys and a cache of 16 MiB', (sync, synchronous) => {
  const database = openDatabase({ path: join(tempFolder(), 'ledger.db'), sync })
  expect(['journal_mode', 'locking_mode', 'synchronous', 'foreign_keys', 'cache_size'].map(name => pragma(database, name))).toEqual(['wal', 'exclusive', synchronous, 1, -16_384])
  database.close()
})

test('migrations run once, and what is in an existing file is kept', () => {
  const path = join(tempFolder(), 'ledger.db')
  const first = openDatabase({ path, sync: 'normal' })
  const version = pragma(first, 'user_version')
  first.exec('INSERT INTO in_flight VALUES (\'team\', \'ads\', 7)')
  first.close()
  for (let start = 1; start <= 3; start++) {
    const database = openDatabase({ path, sync: 'normal' })
    expect(database.prepare('SELECT * FROM in_flight').all()).toEqual([{ scope: 'team', owner: 'ads', tasks: 7 }])
    expect(pragma(database, 'user_version')).toBe(version)
    database.close()
  }
  expect(version).toBeGreaterThan(0)
})

test('an empty file is as good as none', () => {
  const path = join(tempFolder(), 'ledger.db')
  writeFileSync(path, '')
  expect(refusal(path)).toBe('opened')
})

test('a file in use by this very process is refused', () => {
  const path = join(tempFolder(), 'ledger.db')
  const database = openDatabase({ path, sync: 'normal' })
  expect(refusal(path)).toBe(`DATABASE_PATH: ${path} is in use by another gateway; one file serves one process`)
  database.close()
  expect(refusal(path)).toBe('opened')
})

test('a file in use by another process is refused, and free again when that process was killed', async () => {
  const path = join(tempFolder(), 'ledger.db')
  const holder = startChild('hold', path)
  expect(await nextLine(holder)).toBe('held')
  expect(refusal(path)).toBe(`DATABASE_PATH: ${path} is in use by another gateway; one file serves one process`)
  await holder.kill()
  expect(refusal(path)).toBe('opened')
})

test('a folder in the path that is a file is refused', () => {
  const file = join(tempFolder(), 'file')
  writeFileSync(file, 'not a folder')
  expect(refusal(join(file, 'ledger.db'))).toMatch(/^DATABASE_PATH: .*ledger\.db cannot be opened; check that its folder exists and may be written$/)
  expect(refusal(join(file, 'deeper', 'ledger.db'))).toMatch(/^DATABASE_PATH: .*ledger\.db cannot be opened: .*ENOTDIR.*$/)
})

test('a path that is a folder is refused', () => {
  const path = join(tempFolder(), 'ledger.db')
  mkdirSync(path)
  expect(refusal(path)).toBe(`DATABASE_PATH: ${path} cannot be opened; check that its folder exists and may be written`)
})

test.each([
  ['a few bytes', 'hello'],
  ['a page of text', 'this is no database\n'.repeat(500)],
  ['a database\'s first words and nothing else', `SQLite format 3\0${'x'.repeat(8000)}`]
])('a file that holds %s is refused, and not touched', (_what, content) => {
  const path = join(tempFolder(), 'ledger.db')
  writeFileSync(path, content)
  expect(refusal(path)).toBe(`DATABASE_PATH: ${path} is not a database, or is damaged; restore a backup or name another file`)
  expect(readFileSync(path, 'utf8')).toBe(content)
})

test('a damaged database is refused', () => {
  const path = existing(join(tempFolder(), 'ledger.db'))
  truncateSync(path, Math.floor(statSync(path).size / 2))
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0xff, 100, 4096))
  expect(refusal(path)).toBe(`DATABASE_PATH: ${path} is not a database, or is damaged; restore a backup or name another file`)
})

test.each([
  ['with tables', 'CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (\'mine\')'],
  ['with a name of its own and no tables', 'PRAGMA application_id = 1196444487'],
  ['with our schema\'s number', 'CREATE TABLE notes (text TEXT); PRAGMA user_version = 1']
])('the SQLite file of another program, %s, is refused, and not touched', (_what, sql) => {
  const path = join(tempFolder(), 'ledger.db')
  const foreign = new DatabaseSync(path)
  foreign.exec(sql)
  foreign.close()
  const before = readFileSync(path)
  expect(refusal(path)).toBe(`DATABASE_PATH: ${path} belongs to another program; name a file of its own for the gateway`)
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('a file of a newer version is refused, and not touched', () => {
  const path = existing(join(tempFolder(), 'ledger.db'))
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  expect(refusal(path)).toMatch(/^DATABASE_PATH: .*ledger\.db was written by a newer version \(schema 99, this one knows \d+\); start that version, or restore a backup$/)
  const after = new DatabaseSync(path)
  expect(pragma(after, 'user_version')).toBe(99)
  after.close()
})

test('a file that may not be written is refused', async () => {
  const folder = tempFolder()
  const path = existing(join(folder, 'ledger.db'))
  giveAway(folder)
  giveAway(path)
  chmodSync(path, 0o444)
  expect(await nextLine(startChild('open', path))).toBe(`DATABASE_PATH: ${path} is read-only; the gateway must be able to write it and its folder`)
})

test('a file in a folder that may not be written is refused', async () => {
  const folder = tempFolder()
  const path = existing(join(folder, 'ledger.db'))
  giveAway(folder)
  giveAway(path)
  closeFolder(folder)
  expect(await nextLine(startChild('open', path))).toMatch(/^DATABASE_PATH: .*ledger\.db (is read-only; the gateway must be able to write it and its folder|cannot be opened; check that its folder exists and may be written)$/)
})

test('a new file in a folder that may not be written is refused', async () => {
  const folder = tempFolder()
  giveAway(folder)
  closeFolder(folder)
  const path = join(folder, 'ledger.db')
  expect(await nextLine(startChild('open', path))).toBe(`DATABASE_PATH: ${path} cannot be opened; check that its folder exists and may be written`)
  expect(existsSync(path)).toBe(false)
})

test('a refused file is let go: it can be used as soon as its fault is gone', () => {
  const path = join(tempFolder(), 'ledger.db')
  const foreign = new DatabaseSync(path)
  foreign.exec('CREATE TABLE notes (text TEXT)')
  refusal(path)
  foreign.exec('DROP TABLE notes')
  foreign.close()
  expect(refusal(path)).toBe('opened')
})

test('a transaction that fails leaves nothing behind, and the next one begins as if it had not been', () => {
  const database = openDatabase({ path: join(tempFolder(), 'ledger.db'), sync: 'normal' })
  const bug = new Error('a bug')
  expect(() => transaction(database, () => {
    database.exec('INSERT INTO in_flight VALUES (\'team\', \'ads\', 1)')
    throw bug
  })).toThrow(bug)
  expect(transaction(database, () => database.prepare('SELECT * FROM in_flight').all())).toEqual([])
  database.close()
})

test('a broken constraint is a bug and not an outage', () => {
  const database = openDatabase({ path: join(tempFolder(), 'ledger.db'), sync: 'normal' })
  const insert = () => transaction(database, () => database.exec('INSERT INTO in_flight VALUES (\'team\', \'ads\', -1)'))
  expect(insert).toThrow('CHECK constraint failed')
  expect(insert).not.toThrow(LedgerUnavailable)
  database.close()
})

/** As root, gives a file to somebody whom permissions bind; everybody else is bound by them anyway. */
function giveAway (path: string): void {
  if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY)
}

/** Forbids writing into a folder until the test ends. */
function closeFolder (folder: string): void {
  chmodSync(folder, 0o555)
  onTestFinished(() => chmodSync(folder, 0o755))
}
