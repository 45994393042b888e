// Load from wrk: as much as the other side takes, over a number of connections.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Request = { url: string, method: 'GET' | 'POST', headers: Readonly<Record<string, string>>, body?: string, paths?: readonly string[] }

export type Load = { perSecond: number, requests: number, seconds: number, failed: number, p50Ms: number, p99Ms: number }

const run = promisify(execFile)

/** Sends for so many seconds. `failed` counts what was not answered with a status below 400. */
export async function load ({ url, method, headers, body = '', paths = [] }: Request, { seconds, connections, core, folder }: { seconds: number, connections: number, core: number, folder: string }): Promise<Load> {
  const script = join(folder, `wrk-${process.pid}.lua`)
  writeFileSync(script, scriptOf({ method, headers, body, paths }))
  const { stdout } = await run('taskset', ['-c', String(core), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url])
  const line = /^result (.*)$/m.exec(stdout)?.[1]
  if (line === undefined) throw new Error(`wrk said nothing of use: ${stdout}`)
  return JSON.parse(line)
}

function scriptOf ({ method, headers, body, paths }: { method: string, headers: Readonly<Record<string, string>>, body: string, paths: readonly string[] }): string {
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
