// Runs a part of a test in another process: `child.ts <what> <path of a database>`.
import { writeSync } from 'node:fs'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import { DatabaseUnusable, openDatabase } from '../../../src/stores/sqlite/database.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { benchOf, REFUND_FAILED, type Bench } from '../../contract/open-ledger.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { sqliteLedgerAt } from './open-sqlite-ledger.ts'

const NOBODY = 65534
const [what, path = ''] = process.argv.slice(2)

/** Writes a line at once: it is out before anything else happens in this process. */
function say (line: string): void { writeSync(1, `${line}\n`) }

/** Keeps the database open until it is killed. */
function hold (): void {
  openDatabase({ path, sync: 'normal' })
  say('held')
  setInterval(() => {}, 60_000)
}

/** Opens the database as somebody whom the system does not let write everywhere, and says how that went. */
function openUnprivileged (): void {
  if (process.getuid?.() === 0) {
    process.setgroups?.([])
    process.setgid?.(NOBODY)
    process.setuid?.(NOBODY)
  }
  try {
    openDatabase({ path, sync: 'normal' }).close()
    say('opened')
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error
    say(error.message)
  }
}

/** The ledger in the file, and a caller whose limits are counted and never reached; says which. */
async function begin (): Promise<{ bench: Bench, caller: Caller }> {
  const limits = { quotas: [{ per: 'total' as const, unit: 'usd' as const, limit: 999_000_000_000_000 }] }
  const bench = benchOf(sqliteLedgerAt({ path, clock: manualClock(), rules: REFUND_FAILED }))
  const caller = await bench.caller({ team: { limits }, key: { limits } })
  say(`caller ${caller.key.hash}`)
  return { bench, caller }
}

/** Admits and settles task after task, so many side by side, and says so of each when it is done, until it is killed. */
async function admitWithoutEnd (sideBySide: number): Promise<void> {
  const { bench, caller } = await begin()
  await Promise.all(Array.from({ length: sideBySide }, async () => {
    for (let number = 0; ; number++) {
      const order = await bench.admit(caller)
      say(`admitted ${order.ref}`)
      if (number % 3 === 0) continue
      await bench.ledger.resolve(order, { kind: number % 3 === 1 ? 'refused' : 'unknown' })
      say(`${number % 3 === 1 ? 'refused' : 'unknown'} ${order.ref}`)
    }
  }))
}

/** Admits group after group, and says of each what became of it, until the disk takes no more: the system limits how large a file of this process grows. */
async function fill (): Promise<void> {
  // Its default is to end the process; with a listener the write fails.
  process.on('SIGXFSZ', () => {})
  const { bench, caller } = await begin()
  const group = { done: new Array<string>(), away: new Array<string>() }
  while (group.away.length === 0) {
    group.done = []
    await Promise.all(Array.from({ length: 50 }, async () => {
      const order = bench.order(caller)
      try {
        await bench.ledger.admit(order)
        group.done.push(order.ref)
      } catch (error) {
        if (!(error instanceof LedgerUnavailable)) throw error
        group.away.push(order.ref)
      }
    }))
    say(JSON.stringify(group))
  }
}

switch (what) {
  case 'hold': hold(); break
  case 'open': openUnprivileged(); break
  case 'admit': await admitWithoutEnd(1); break
  case 'admit-many': await admitWithoutEnd(20); break
  case 'fill': await fill(); break
  default: throw new Error(`there is no ${what}`)
}
