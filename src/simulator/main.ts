// Runs the simulator as a process: for the demo, and for tests with several processes.

import { startSimulator } from './simulator.ts'

const simulator = await startSimulator({
  host: setting('HOST', '127.0.0.1'),
  port: wholeNumber('PORT', '8090'),
  tokens: setting('SIMULATOR_TOKENS', 'mr-simulator-token').split(',').map(token => token.trim()),
  pendingMs: wholeNumber('SIMULATOR_PENDING_MS', '2000'),
  processingMs: wholeNumber('SIMULATOR_PROCESSING_MS', '5000')
})
process.stdout.write(`simulator listens on ${simulator.origin}\n`)

process.once('SIGTERM', simulator.close)
process.once('SIGINT', simulator.close)

// An empty value counts as none: Compose files pass those on.
function setting (name: string, fallback: string): string {
  return process.env[name] || fallback
}

function wholeNumber (name: string, fallback: string): number {
  const value = setting(name, fallback)
  if (!/^\d+$/.test(value)) throw new Error(`${name} has to be a whole number, and is '${value}'`)
  return Number(value)
}
