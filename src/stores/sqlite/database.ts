// Opens the one file of the embedded ledger: one process, write-ahead log, migrations.
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerUnavailable } from '../../ledger/ledger.ts'

/** The file cannot be used; the message is one line for the operator. */
export class DatabaseUnusable extends Error {}

export type DatabaseOptions = {
  /** path of the file; its folder is made */
  path: string
  /** `full` also survives a loss of power */
  sync: 'normal' | 'full'
}

const MIGRATIONS = new URL('./migrations/', import.meta.url)
// "mgat": tells this gateway's files from other people's databases.
const APPLICATION_ID = 0x6d676174
// SQLite's own choice, 2 MiB, holds less than the ends of the indexes of a million tasks. A commit that splits a page looks through all of the cache, so more costs more than it saves.
const CACHE_KIB = 16_384
const READ_ONLY = 'is read-only; the gateway must be able to write it and its folder'

/**
 * Opens or creates the database, and brings its tables up to date.
 * @throws DatabaseUnusable if the file cannot be opened or written, is not ours, is in use, or is newer than this version
 */
export function openDatabase ({ path, sync }: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    makeFolder(dirname(path))
    checkWritable(path)
    database = new DatabaseSync(path, { timeout: 0 })
    // Exclusive: a second gateway on this file is refused, and the log needs no shared memory.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    checkOwner(database)
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${sync}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -${CACHE_KIB}`)
    migrate(database)
    return database
  } catch (error) {
    if (database?.isOpen === true) database.close()
    throw new DatabaseUnusable(`DATABASE_PATH: ${path} ${reasonOf(error)}`, { cause: error })
  }
}

/**
 * Runs the steps as one transaction, at once and to the end: nothing else of this process comes in between.
 * @throws LedgerUnavailable if the file cannot be read or written
 */
export function transaction<Result> (database: DatabaseSync, steps: () => Result): Result {
  try {
    database.exec('BEGIN IMMEDIATE')
    const result = steps()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK')
    throw asFault(error)
  }
}

/**
 * Runs steps that only read. Nothing comes in between them either, and they work while the file cannot be written.
 * @throws LedgerUnavailable if the file cannot be read
 */
export function reading<Result> (steps: () => Result): Result {
  try {
    return steps()
  } catch (error) {
    throw asFault(error)
  }
}

/** SQLite opens such a file all the same, and then fails with something that helps nobody. */
function checkWritable (path: string): void {
  if (!existsSync(path)) return
  try {
    accessSync(path, constants.W_OK)
  } catch {
    throw new DatabaseUnusable(READ_ONLY)
  }
}

/** Step by step, because Node's recursive mkdir never returns where a file system takes no folders, as /proc. */
function makeFolder (path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

function checkOwner (database: DatabaseSync): void {
  const owner = pragma(database, 'application_id')
  const tables = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get()
  if (owner === APPLICATION_ID || (owner === 0 && tables === undefined)) return
  throw new DatabaseUnusable('belongs to another program; name a file of its own for the gateway')
}

function migrate (database: DatabaseSync): void {
  const files = readdirSync(MIGRATIONS).filter(name => name.endsWith('.sql')).sort()
  const version = pragma(database, 'user_version')
  if (version > files.length) {
    throw new DatabaseUnusable(`was written by a newer version (schema ${version}, this one knows ${files.length}); start that version, or restore a backup`)
  }
  for (const [index, file] of files.entries()) {
    if (index < version) continue
    const sql = readFileSync(new URL(file, MIGRATIONS), 'utf8')
    database.exec(`BEGIN IMMEDIATE;\n${sql}\nPRAGMA application_id = ${APPLICATION_ID};\nPRAGMA user_version = ${index + 1};\nCOMMIT`)
  }
}

function pragma (database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

// SQLite's primary result codes: https://sqlite.org/rescode.html
const CODES = { busy: 5, readOnly: 8, corrupt: 11, full: 13, cannotOpen: 14, constraint: 19, notADatabase: 26 } as const

function primaryCode (error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

function asFault (error: unknown): unknown { return isStorageFault(error) ? new LedgerUnavailable(error) : error }

/** A broken constraint is a bug of ours; everything else that SQLite reports is the file's or the disk's. */
function isStorageFault (error: unknown): boolean {
  const code = primaryCode(error)
  return code !== undefined && code !== CODES.constraint && code !== 1
}

function reasonOf (error: unknown): string {
  if (error instanceof DatabaseUnusable) return error.message
  switch (primaryCode(error)) {
    case CODES.busy: return 'is in use by another gateway; one file serves one process'
    case CODES.readOnly: return READ_ONLY
    case CODES.cannotOpen: return 'cannot be opened; check that its folder exists and may be written'
    case CODES.corrupt:
    case CODES.notADatabase: return 'is not a database, or is damaged; restore a backup or name another file'
    case CODES.full: return 'cannot be written: the disk is full'
    default: return `cannot be opened: ${error instanceof Error ? error.message : String(error)}`
  }
}
