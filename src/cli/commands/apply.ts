// `mulegate apply`: teams and keys become what a file says.
import type { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { readAnswer, Refused, Unreachable } from '../admin-api.ts'
import type { Context } from '../context.ts'
import { Failed, WrongFile, WrongUsage } from '../failure.ts'
import { printable, printableJson } from '../printable.ts'
import { changesAnswer, changesInWords } from '../settings-in-words.ts'
import { parseTeamsFile, placedErrors, type TeamsFile } from '../teams-yaml.ts'
import type { Channel, Style } from '../terminal.ts'

const change = z.looseObject({
  action: z.string(), team: z.string(), key_id: z.string().nullable(), label: z.string().nullable(), changes: changesAnswer, key: z.string().optional()
})
const unlisted = z.looseObject({ team: z.string(), key_id: z.string().nullable(), label: z.string().nullable() })
const appliedAnswer = z.looseObject({ dry_run: z.boolean(), changes: z.array(change), unlisted: z.array(unlisted) })

type Change = z.output<typeof change>
type ApplyOptions = { dryRun?: boolean, prune?: boolean, json?: boolean }

const MARKS: Readonly<Record<string, readonly [mark: string, style: Style]>> = {
  create: ['+', 'green'], mint: ['+', 'green'], change: ['~', 'yellow'], enable: ['~', 'yellow'], change_key: ['~', 'yellow'], disable: ['-', 'red'], revoke: ['-', 'red']
}

export function applyCommand (program: Command, { api, terminal }: Context): void {
  program.command('apply').description('make teams and keys what a file says; applying it twice changes nothing').argument('<file>', 'YAML or JSON, such as teams.yaml')
    .option('--dry-run', 'only show what would change')
    .option('--prune', 'also disable the teams, and revoke the keys of listed teams, that the file does not name')
    .option('--json', 'the gateway\'s answer as JSON, with the keys that were made')
    .addHelpText('after', `
Keys are known by their label; a team without "keys" keeps its keys as they are. What a listed team or key does not say has its
default. A key that is made now is printed this once, alone on stdout, as team, label and key with tabs between; all else goes to
stderr. If the answer is lost, rotate the key: "mulegate key list", "mulegate key rotate".

Examples:
  $ mulegate apply teams.yaml --dry-run
  $ mulegate apply teams.yaml --prune > new-keys.tsv`)
    .action(async (path: string, { dryRun = false, prune = false, json }: ApplyOptions) => {
      const file = parseTeamsFile(path, await textOf(path))
      const gateway = api()
      const answer = await gateway.call('POST', '/admin/v1/apply', { body: { ...file.value, prune, dry_run: dryRun }, patient: true })
        .catch((error: unknown) => { throw explained(error, { path, file, dryRun }) })
      const applied = readAnswer(appliedAnswer, answer)
      if (json) return terminal.out.line(printableJson(applied))
      const { changes, unlisted } = applied
      const report = dryRun ? terminal.out : terminal.err
      for (const step of changes) linesOf(step, report).forEach(line => report.line(line))
      for (const left of unlisted) report.line(printable(`  ${nameOf(left)} is not in the file and is left alone`))
      report.line(conclusion(changes.length, dryRun))
      for (const { team, label, key } of changes) if (key !== undefined) terminal.out.line([team, label ?? '', key].map(printable).join('\t'))
    })
}

async function textOf (path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new WrongUsage(`the file cannot be read: ${error instanceof Error ? printable(error.message) : path}`)
  }
}

/** Why it was not applied, by the lines of the file where it is the file's fault. */
function explained (error: unknown, { path, file, dryRun }: { path: string, file: TeamsFile, dryRun: boolean }): unknown {
  if (error instanceof Refused && error.code === 'invalid_body' && error.errors.length > 0) return new WrongFile([...placedErrors(path, file, error.errors), 'Nothing was changed.'].join('\n'))
  const isHalfway = error instanceof Unreachable || (error instanceof Refused && error.status >= 500)
  if (!isHalfway || dryRun) return error
  return new Failed(`${error.message}\npart of the file may have been applied; applying it again does the rest. A key that was made and is not shown here can be rotated`)
}

function linesOf (step: Change, { paint }: Channel): string[] {
  const [mark, style] = MARKS[step.action] ?? ['?', 'bold']
  return [paint(style, `${mark} ${printable(nameOf(step))}${endOf(step.action)}`), ...changesInWords(step.changes, ['create', 'mint'].includes(step.action)).map(line => `    ${line}`)]
}

function nameOf ({ team, key_id: keyId, label }: { team: string, key_id: string | null, label: string | null }): string {
  if (label === null) return `team ${team}`
  return `key ${[team, label === '' ? '' : JSON.stringify(label), keyId ?? ''].filter(part => part !== '').join(' ')}`
}

function endOf (action: string): string {
  switch (action) {
    case 'disable': return ' is disabled'
    case 'enable': return ' is enabled again'
    case 'revoke': return ' is revoked'
    default: return ''
  }
}

function conclusion (count: number, dryRun: boolean): string {
  const changes = count === 1 ? '1 change' : `${count} changes`
  if (count === 0) return 'Nothing to change.'
  return dryRun ? `${changes} to make; nothing was changed yet.` : `${changes} made.`
}
