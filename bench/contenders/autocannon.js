// Load from autocannon, in the words of bench/speed/load.ts: the path of a JSON file says what is sent, and one line of the output what came of it.
import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

const { url, method, headers, body, paths = [], seconds, connections } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const result = await autocannon({ url, method, headers, body, connections, duration: seconds, timeout: 10, ...paths.length === 0 ? {} : { requests: paths.map(path => ({ path })) } })
const { requests, duration, latency, errors, non2xx } = result
process.stdout.write(`result ${JSON.stringify({ perSecond: requests.total / duration, requests: requests.total, seconds: duration, failed: errors + non2xx, p50Ms: latency.p50, p99Ms: latency.p99 })}\n`)
