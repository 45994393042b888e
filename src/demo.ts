// `npm run demo`: a whole gateway in one process, with a simulated MuleRouter, a team and a key. Nothing costs money.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { startApp } from './app.ts'
import { readConfig } from './config/config.ts'
import { systemClock } from './kernel/clock.ts'
import { randomBase62 } from './kernel/ids.ts'
import { startSimulator } from './simulator/simulator.ts'
import { startExitCode, startProblem } from './start-problem.ts'
import { openLog } from './telemetry/log.ts'

const TEAM = {
  id: 'demo',
  name: 'A team to try things with',
  limits: { requests_per_minute: 60, quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '10.00' }] }
}

try {
  const { PORT = '8080', HOST = '127.0.0.1' } = process.env
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-demo-'))
  const logFile = join(folder, 'gateway.log')
  const upstreamToken = `simulator-${randomBase62(20)}`
  const adminToken = `demo-admin-${randomBase62(20)}`

  const simulator = await startSimulator({ tokens: [upstreamToken], pendingMs: 2000, processingMs: 5000 })
  const config = readConfig({
    HOST, PORT, MULEROUTER_API_KEY: upstreamToken, MULEROUTER_BASE_URL: simulator.origin, ADMIN_TOKEN: adminToken, DATABASE_PATH: join(folder, 'ledger.db'), STATUS_MAX_AGE_MS: '500'
  })
  const app = await startApp({ config, clock: systemClock, log: openLog({ level: 'info', destination: logFile }) })

  await administer('/teams', TEAM)
  const { key } = z.object({ key: z.string() }).parse(await administer('/teams/demo/keys', { label: 'the demo key' }))

  const stop = async (): Promise<void> => {
    await app.stop()
    await simulator.close()
    process.exit(0)
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
  process.stdout.write(greeting({ origin: app.origin, key, adminToken, logFile }))

  async function administer (path: string, body: object): Promise<unknown> {
    const response = await fetch(`${app.origin}/admin/v1${path}`, {
      method: 'POST', headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }, body: JSON.stringify(body)
    })
    return response.json()
  }
} catch (error) {
  process.stderr.write(`${startProblem(error)}\n`)
  process.exit(startExitCode(error))
}

function greeting ({ origin, key, adminToken, logFile }: { origin: string, key: string, adminToken: string, logFile: string }): string {
  return `mulegate is running with a simulated MuleRouter: nothing here costs money. Paste this into another terminal:

export MULEGATE_URL=${origin}
export MULEGATE_KEY=${key}
export MULEGATE_ADMIN_TOKEN=${adminToken}

# create a video
curl -i "$MULEGATE_URL/generation" -H "Authorization: Bearer $MULEGATE_KEY" -H 'Content-Type: application/json' -d '{"prompt":"A small cat running in the moonlight"}'

# read it, with the id from the answer: after about 8 seconds it is completed and names its video
curl "$MULEGATE_URL/generation/TASK_ID" -H "Authorization: Bearer $MULEGATE_KEY"

# download it, with the URL from that answer (quoted: it has an & in it)
curl -o video.mp4 "VIDEO_URL"

# what is left of the team's budget
curl "$MULEGATE_URL/v1/usage" -H "Authorization: Bearer $MULEGATE_KEY"

# for operators, in this folder: what everybody spent, and everything else that can be done
npm run --silent cli -- usage
npm run --silent cli -- --help

The log: ${logFile}
Ctrl-C stops it.
`
}
