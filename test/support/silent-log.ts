// A log for tests that say nothing about it.
import type { Log } from '../../src/kernel/log.ts'

function nothing (): void {}

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, record: nothing }
