// Load: as much as the other side takes, over a number of connections; from wrk where it is installed, else from autocannon.
import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pinned } from './processes.ts'

/** `paths`: of these URLs in turn, in the place of the one of `url`. */
export type Request = { url: string, method: 'GET' | 'POST', headers: Readonly<Record<string, string>>, body?: string, paths?: readonly string[] }

export type Load = { perSecond: number, requests: number, seconds: number, failed: number, p50Ms: number, p99Ms: number }

export type LoadOptions = { seconds: number, connections: number, cores: string, folder: string }

const run = promisify(execFile)
const hasWrk = spawnSync('wrk', ['-v']).error === undefined
const AUTOCANNON = fileURLToPath(new URL('../contenders/autocannon.js', import.meta.url))
const OUTPUT_BYTES_MAX = 2 ** 20

export const loadProgram: 'wrk' | 'autocannon' = hasWrk ? 'wrk' : 'autocannon'

/** Sends for so many seconds. `failed` counts what was not answered with a status below 400. */
export async function load (request: Request, options: LoadOptions): Promise<Load> {
  const [program, ...rest] = pinned(options.cores, hasWrk ? wrk(request, options) : autocannon(request, options))
  const { stdout } = await run(program, rest, { maxBuffer: OUTPUT_BYTES_MAX })
  const line = /^result (.*)$/m.exec(stdout)?.[1]
  if (line === undefined) throw new Error(`${loadProgram} said nothing of use: ${stdout}`)
  return JSON.parse(line)
}

let scripts = 0
/** Two loads may run at a time. */
function scriptFile ({ folder }: LoadOptions, extension: string): string { return join(folder, `load-${process.pid}-${++scripts}.${extension}`) }

function wrk (request: Request, options: LoadOptions): string[] {
  const script = scriptFile(options, 'lua')
  writeFileSync(script, scriptOf(request))
  return ['wrk', '-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--timeout', '10s', '-s', script, request.url]
}

function autocannon (request: Request, options: LoadOptions): string[] {
  const settings = scriptFile(options, 'json')
  writeFileSync(settings, JSON.stringify({ ...request, seconds: options.seconds, connections: options.connections }))
  return [process.execPath, AUTOCANNON, settings]
}

function scriptOf ({ method, headers, body = '', paths = [] }: Request): string {
  const next = paths.length === 0
    ? ''
    : `local paths = {${paths.map(path => JSON.stringify(path)).join(',')}}\nlocal place = 0\nrequest = function() place = place % #paths + 1; return wrk.format(nil, paths[place]) end\n`
  return `wrk.method = ${JSON.stringify(method)}
wrk.body = ${body === '' ? 'nil' : JSON.stringify(body)}
${Object.entries(headers).map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`).join('\n')}
${next}done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nresult {"perSecond":%.2f,"requests":%d,"seconds":%.3f,"failed":%d,"p50Ms":%.3f,"p99Ms":%.3f}\\n',
    summary.requests / (summary.duration / 1e6), summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`
}
