// `mulegate audit`: who changed what.
import type { Command } from 'commander'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { listOptions, mentionMore, readList, type ListOptions } from '../pages.ts'
import { printableJson } from '../printable.ts'
import { changesAnswer, changesInWords } from '../settings-in-words.ts'
import { table } from '../table.ts'

const entry = z.looseObject({
  at: z.string(),
  actor: z.string(),
  address: z.string().nullable(),
  action: z.string(),
  team: z.string().nullable(),
  key_id: z.string().nullable(),
  task_ref: z.string().nullable(),
  webhook: z.string().nullable(),
  changes: changesAnswer.nullable(),
  reason: z.string().nullable(),
  outcome: z.string()
})
type Entry = z.output<typeof entry>

export function auditCommand (program: Command, { api, terminal }: Context): void {
  listOptions(program.command('audit').description('every change: who, from where, what, when; newest first'))
    .addHelpText('after', '\nExamples:\n  $ mulegate audit --limit 20\n  $ mulegate audit --all --json > audit.json')
    .action(async (options: ListOptions) => {
      const entries = await readList(api(), { path: '/admin/v1/audit', row: entry }, options)
      if (options.json) return terminal.out.line(printableJson(entries))
      const lines = table<Entry>([
        { title: 'AT', text: ({ at }) => at },
        { title: 'WHO', text: ({ actor }) => actor },
        { title: 'FROM', text: ({ address }) => address ?? '' },
        { title: 'ACTION', text: ({ action, outcome }) => outcome === 'made' ? action : `${action} (${outcome.replace('_', ' ')})` },
        { title: 'TEAM', text: ({ team }) => team ?? '' },
        { title: 'ON', text: row => row.key_id ?? row.task_ref ?? row.webhook ?? '' },
        { title: 'WHAT', text: ({ reason, changes, action }) => [...reason === null ? [] : [reason], ...changesInWords(changes ?? {}, ['team.created', 'key.minted', 'webhook.made'].includes(action))].join('; ') }
      ], entries.data)
      lines.forEach(line => terminal.out.line(line))
      mentionMore(terminal, entries)
    })
}
