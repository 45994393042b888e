// `npm run bench:day`: a day of a company with thousands of teams, compressed into a minute, on the gateway's own code and a real Redis; what it was predicted to cost, and what it did.
// It prints that, and writes it into docs/scaling.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { manualClock } from '../test/support/manual-clock.ts'
import { startRedis } from '../test/support/redis/redis-server.ts'
import { capacityLines, PROFILE } from './day/capacity.ts'
import { KINDS, measureCosts, REDIS_ARGS, type Costs, type Kind } from './day/costs.ts'
import { openGateway } from './day/gateway.ts'
import { CREATES, KEYS_OF_A_TEAM, MIDNIGHT, planDay, TEAMS, TICK_MS, TICKS } from './day/plan.ts'
import { countsOf, predicted, type Counts } from './day/prediction.ts'
import { combined, dropKinds, SHORT_LIVED, useOf, type Use } from './day/redis-use.ts'
import { runDay, type Shown } from './day/run-day.ts'
import { sideBySide } from './side-by-side.ts'
import { between } from './speed/render.ts'

const NAMES: Readonly<Record<Kind, string>> = {
  team: 'a team',
  key: 'a key',
  activeTeam: 'a team\'s first create of a day, beyond any',
  activeKey: 'a key\'s first create of a day, beyond any',
  create: 'a create',
  named: 'a create with an Idempotency-Key',
  repeat: 'the same create again',
  neverBegan: 'a create that upstream refuses, or that is never sent',
  unknown: 'a create whose outcome is unknown',
  exhausted: 'a create beyond the quota',
  read: 'a read that the ledger answers',
  look: 'a read that looks upstream',
  settle: 'a read that looks, and settles',
  sweptLook: 'a look that nobody asked for',
  round: 'a round of the sweep'
}
/** How far a prediction of Redis's use may be off before the run fails; processor time is also the machine's other work. */
const OFF_MAX = 0.25
const CPU_OFF_MAX = 0.5

const PAGE = new URL('../docs/scaling.md', import.meta.url)

const said: string[] = []
const beganMs = performance.now()
const plan = planDay()
const counts = countsOf(plan)
const costs = await measureCosts()
const expected = predicted(counts, costs)

const server = await startRedis({ args: REDIS_ARGS })
const clock = manualClock(MIDNIGHT)
const gateway = await openGateway(server.url, clock, number => plan.creates[number] ?? never())
const redis = server.client()
const failures: string[] = []
try {
  const before = await useOf(redis)
  const teams = [...new Set(plan.callers.map(({ team }) => team))]
  await sideBySide(teams, team => gateway.directory.createTeam(team))
  await sideBySide(plan.callers, ({ key }) => gateway.directory.createKey(key))
  const shown = await runDay(gateway, clock, plan)
  const after = await useOf(redis)
  await dropKinds(redis, SHORT_LIVED)
  const { memory, keys } = await useOf(redis)
  const use = combined({ ...after, memory, keys }, 1, before, -1)
  say(`${TEAMS} teams of ${KEYS_OF_A_TEAM} keys, ${CREATES} creates in ${TICKS} moments of ${TICK_MS / 1000} s`)
  sayCosts(counts, costs)
  sayCounts(counts, shown)
  sayUse(expected, use)
  await sayAccount(shown, teams.length)
  say(`\nhow far that goes, where a task is read ${PROFILE.reads} times, and ${PROFILE.looks} of these reads look upstream\n${capacityLines(costs).join('\n')}`)
  say(`\ntook ${Math.round((performance.now() - beganMs) / 1000)} s`)
} finally {
  await gateway.close()
  await server.stop()
}
writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'day', `On ${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}:\n\n\`\`\`\n${said.join('\n')}\n\`\`\``))
for (const failure of failures) process.stderr.write(`failed: ${failure}\n`)
process.exitCode = failures.length === 0 ? 0 : 1

function sayCosts (counted: Counts, each: Costs): void {
  say('\nwhat one costs Redis                               times   commands  bytes to     from     CPU   memory    keys')
  for (const kind of KINDS) {
    const { executed, bytesIn, bytesOut, cpuMicros, memory, keys } = each[kind]
    say(`${NAMES[kind].padEnd(52)}${counted[kind].toFixed(0).padStart(6)}${executed.toFixed(1).padStart(9)}${bytesIn.toFixed(0).padStart(10)}${bytesOut.toFixed(0).padStart(9)}${cpuMicros.toFixed(0).padStart(6)} µs${memory.toFixed(0).padStart(7)} B${keys.toFixed(2).padStart(7)}`)
  }
}

function sayCounts (counted: Counts, shown: Shown): void {
  const accepted = counted.create + counted.named
  const rows: [string, number, number][] = [
    ['tasks accepted', accepted, shown.accepted],
    ['answers repeated', counted.repeat - repeatsOfUnknown(), shown.repeated],
    ['creates beyond a quota', counted.exhausted, shown.exhausted],
    ['refused by upstream, or never sent', counted.neverBegan, shown.neverBegan],
    ['outcomes unknown', counted.unknown + repeatsOfUnknown(), shown.unknown],
    ['reads', counted.read + counted.look + polled(), shown.reads],
    ['looks upstream', counted.look + counted.sweptLook + counted.settle, shown.looks]
  ]
  say('\nwhat happened                        predicted      shown')
  for (const [name, count, seen] of rows) say(`${name.padEnd(36)}${count.toFixed(0).padStart(10)}${seen.toFixed(0).padStart(11)}`)
}

function sayUse (wanted: Use, used: Use): void {
  const rows: [string, keyof Use, number, string][] = [
    ['commands executed', 'executed', 1, ''], ['bytes to Redis', 'bytesIn', 1e6, ' MB'], ['bytes from Redis', 'bytesOut', 1e6, ' MB'], ['processor time of Redis', 'cpuMicros', 1e6, ' s'],
    ['memory', 'memory', 1e6, ' MB'], ['keys in Redis', 'keys', 1, '']
  ]
  say('\nwhat Redis did                       predicted      shown   shown / predicted')
  for (const [name, field, by, unit] of rows) {
    const ratio = used[field] / wanted[field]
    if (Math.abs(ratio - 1) > (field === 'cpuMicros' ? CPU_OFF_MAX : OFF_MAX)) failures.push(`${name}: ${ratio.toFixed(2)} of what was predicted`)
    const shown = (figure: number): string => `${(figure / by).toFixed(by === 1 ? 0 : 1)}${unit}`
    say(`${name.padEnd(33)}${shown(wanted[field]).padStart(13)}${shown(used[field]).padStart(11)}${ratio.toFixed(2).padStart(20)}`)
  }
}

async function sayAccount (shown: Shown, teamCount: number): Promise<void> {
  let [tasks, sums, differences] = [0, 0, 0]
  await sideBySide(new Set(plan.callers.map(({ team }) => team)), async team => {
    const found = await gateway.verify(team)
    tasks += found.tasks
    sums += found.sums
    differences += found.mismatches.length
  })
  const reported = { tasks: 0, completed: 0, failed: 0, unknown: 0, spentMicros: 0 }
  for await (const figures of gateway.ledger.usage({ mode: 'live', fromDay: '0000-01-01', toDay: '9999-12-31' })) {
    for (const name of ['tasks', 'completed', 'failed', 'unknown', 'spentMicros'] as const) reported[name] += figures[name]
  }
  say(`\nthe account: ${tasks} tasks and ${sums} sums of ${teamCount} teams counted again, ${differences} differences`)
  say(`upstream began ${shown.begun} tasks: the report has ${reported.completed} completed, ${reported.failed} failed and ${reported.unknown} unknown ones; ${(reported.spentMicros / 1e6).toFixed(2)} USD spent`)
  if (differences > 0) failures.push(`${differences} sums are not what their tasks add up to`)
  if (reported.completed + reported.failed !== shown.begun) failures.push('a task that upstream began is not in the report')
}

function repeatsOfUnknown (): number { return plan.creates.filter(({ fate, repeated }) => fate === 'unknown' && repeated).length }
/** Of all tasks that somebody polls, the look that settles is a read. */
function polled (): number { return plan.creates.filter(({ fate, pollers }) => pollers > 0 && (fate === 'completed' || fate === 'failed')).length }
function never (): never { throw new Error('upstream is asked for what is planned') }
function say (line: string): void {
  said.push(line)
  process.stdout.write(`${line}\n`)
}
