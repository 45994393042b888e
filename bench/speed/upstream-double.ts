// An upstream that costs next to nothing: it reads as little as HTTP allows, and answers every create with a new id.
// A request is expected whole in one packet or in a few; its body is counted, never looked at. STATUS is what it says of a task, COUNTS whether it counts looks.
import { randomBytes } from 'node:crypto'
import { createServer, type Socket } from 'node:net'

const TIMES = '"created_at":"2026-11-22T12:00:00.657134+00:00","updated_at":"2026-11-22T12:00:00.657134+00:00"'
/** As long as signed URLs are, and as little to be packed. */
const VIDEO = `https://media.mulerouter.example/ephemeral/result_00.mp4?Expires=1795435292&Signature=${randomBytes(300).toString('base64url')}`
const STATUS = process.env['STATUS'] === 'processing' ? 'processing' : 'completed'
const VIDEOS = STATUS === 'completed' ? `,"videos":["${VIDEO}"]` : ''
const BLANK_LINE = '\r\n\r\n'
const LENGTH = /\r\ncontent-length: *(\d+)/i
const RUN = Date.now().toString(36)
const LOOKS = '/_looks'

/** How often each task was looked at, if that is counted. */
const looks = process.env['COUNTS'] === undefined ? undefined : new Map<string, number>()
let created = 0

function answerTo (head: string): string {
  if (head.startsWith('POST')) return answer('202 Accepted', `{"task_info":{"id":"${RUN}-${String(++created).padStart(12, '0')}-0000-0000-000000000000","status":"pending",${TIMES}}}`)
  if (head.startsWith(`GET ${LOOKS} `)) return answer('200 OK', JSON.stringify(Object.fromEntries(looks ?? [])))
  const id = /^\S+ [^ ?]*\/([^/ ?]+)[ ?]/.exec(head)?.[1] ?? 'none'
  looks?.set(id, (looks.get(id) ?? 0) + 1)
  return answer('200 OK', `{"task_info":{"id":"${id}","status":"${STATUS}",${TIMES}}${VIDEOS}}`)
}

function answer (status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function serve (socket: Socket): void {
  let waiting = ''
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    waiting += chunk.toString('latin1')
    let out = ''
    for (let end = waiting.indexOf(BLANK_LINE); end !== -1; end = waiting.indexOf(BLANK_LINE)) {
      const head = waiting.slice(0, end)
      const whole = end + BLANK_LINE.length + Number(LENGTH.exec(head)?.[1] ?? 0)
      if (waiting.length < whole) break
      waiting = waiting.slice(whole)
      out += answerTo(head)
    }
    if (out !== '') socket.write(out, 'latin1')
  })
}

const server = createServer(serve).listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`listening ${JSON.stringify(server.address())}\n`)
})
