// `mulegate ledger …`: is the account right, and what to do when it is not.
import type { Command } from 'commander'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { adoptLog } from '../adopt-log.ts'
import { readAnswer, type AdminApi } from '../admin-api.ts'
import { teamAnswer } from '../answers.ts'
import type { Context } from '../context.ts'
import { Failed, WrongUsage } from '../failure.ts'
import { readList } from '../pages.ts'
import { printableJson } from '../printable.ts'
import { facts, table } from '../table.ts'

const difference = z.looseObject({
  what: z.string(),
  scope: z.string().nullable(),
  owner: z.string().nullable(),
  per: z.string().nullable(),
  label: z.string().nullable(),
  figure: z.string(),
  stored: z.union([z.number(), z.string()]),
  counted: z.union([z.number(), z.string()])
})
const verdictAnswer = z.looseObject({ team: z.string(), tasks: z.number(), sums: z.number(), differences: z.array(difference), repaired: z.number().optional() })
type Verdict = z.output<typeof verdictAnswer>

export function ledgerCommands (program: Command, { api, terminal, stdin }: Context): void {
  const ledger = program.command('ledger').description('the account itself: proved, repaired, filled up from a log').addHelpText('after', `
Examples:
  $ mulegate ledger verify
  $ mulegate ledger adopt gateway.log
  $ mulegate ledger confirm`)

  ledger.command('verify').description('count every sum again from the tasks, team by team')
    .option('--team <id>', 'one team only').option('--repair', 'set what differs to what was counted').option('--json', 'as JSON')
    .addHelpText('after', `
Exit code 1 if something differs and was not repaired.

Examples:
  $ mulegate ledger verify
  $ mulegate ledger verify --team ads --repair`)
    .action(async ({ team, repair = false, json }: { team?: string, repair?: boolean, json?: boolean }) => {
      const gateway = api()
      const verdicts: Verdict[] = []
      for (const id of team === undefined ? await allTeams(gateway) : [team]) verdicts.push(await verify(gateway, id, repair))
      const differences = verdicts.flatMap(({ team, differences }) => differences.map(found => ({ team, ...found })))
      const sum = (figure: (verdict: Verdict) => number): number => verdicts.reduce((total, verdict) => total + figure(verdict), 0)
      if (json) terminal.out.line(printableJson({ data: verdicts }))
      else {
        const columns = ['team', 'what', 'scope', 'owner', 'per', 'label', 'figure', 'stored', 'counted'] as const
        if (differences.length > 0) table(columns.map(name => ({ title: name.toUpperCase(), text: (row: typeof differences[number]) => String(row[name] ?? '') })), differences).forEach(line => terminal.out.line(line))
        facts([
          ['teams', String(verdicts.length)], ['tasks', String(sum(({ tasks }) => tasks))], ['sums', String(sum(({ sums }) => sums))],
          ['differences', String(differences.length)], ...repair ? [['repaired', String(sum(({ repaired = 0 }) => repaired))] as const] : []
        ]).forEach(line => terminal.out.line(line))
      }
      if (differences.length > 0 && !repair) throw new Failed(`${differences.length} sums are not what the tasks say; --repair sets them right`)
      const left = differences.length - sum(({ repaired = 0 }) => repaired)
      if (left > 0) throw new Failed(`${left} sums moved all the time and are not mended yet; repairing again does the rest`)
    })

  ledger.command('adopt').description('give the ledger the tasks that a log of the gateway names and it has lost').argument('<log>', 'a file of JSON lines; - is stdin')
    .option('--json', 'the summary as JSON')
    .addHelpText('after', `
Every line "task submitted" is put to the gateway: a task that the ledger knows is left as it is, one whose id it lost gets it
back, one that it lost altogether is restored. Adopting a log twice is adopting it once.

Examples:
  $ mulegate ledger adopt gateway.log
  $ zcat gateway.log.*.gz | mulegate ledger adopt -`)
    .action(async (path: string, { json }: { json?: boolean }) => {
      const summary = await adoptLog(api(), path === '-' ? stdin : await readable(path), refusal => terminal.err.line(refusal))
      if (json) terminal.out.line(printableJson(summary))
      else facts(Object.entries(summary).map(([name, count]) => [name.replaceAll('_', ' '), String(count)] as const)).forEach(line => terminal.out.line(line))
      if (summary.refused > 0) throw new Failed(`${summary.refused} tasks were not adopted`)
    })

  ledger.command('confirm').description('accept a ledger that was found to have lost data: creates begin again')
    .addHelpText('after', '\nAdopt the logs first. Example:\n  $ mulegate ledger confirm')
    .action(async () => {
      await api().call('POST', '/admin/v1/ledger/confirm')
      terminal.err.line('The ledger is accepted as it is.')
    })
}

/** Disabled teams too: their tasks still settle. */
async function allTeams (gateway: AdminApi): Promise<string[]> {
  const { data } = await readList(gateway, { path: '/admin/v1/teams', row: teamAnswer }, { limit: 0, all: true })
  return data.map(({ id }) => id)
}

async function verify (gateway: AdminApi, team: string, repair: boolean): Promise<Verdict> {
  return readAnswer(verdictAnswer, repair
    ? await gateway.call('POST', '/admin/v1/ledger/repair', { body: { team }, patient: true })
    : await gateway.call('GET', '/admin/v1/ledger/verify', { query: { team }, patient: true }))
}

/** @throws WrongUsage if the file cannot be opened */
async function readable (path: string): Promise<Readable> {
  const stream = createReadStream(path)
  return new Promise((resolve, reject) => {
    stream.once('open', () => resolve(stream)).once('error', ({ message }) => reject(new WrongUsage(`the log cannot be read: ${message}`)))
  })
}
