#!/usr/bin/env node
// `npm run cli`, `mulegate`: the operators' command line as a process.
import { run } from './run.ts'

// Whoever reads the output may stop reading, as `head` does.
process.stdout.on('error', error => process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1))

const { argv, env, stdin, stdout, stderr } = process
process.exitCode = await run(argv.slice(2), { env, stdin, stdout, stderr, nowMs: Date.now })
