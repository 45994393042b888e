// `mulegate team …`
import type { Command } from 'commander'
import { readAnswer } from '../admin-api.ts'
import { teamAnswer, type Team } from '../answers.ts'
import type { Context } from '../context.ts'
import { WrongUsage } from '../failure.ts'
import { changesQuotas, limitOptions, limitsPatch, newLimits, type LimitOptions } from '../limit-options.ts'
import { listOptions, mentionMore, readList, type ListOptions } from '../pages.ts'
import { printable, printableJson } from '../printable.ts'
import { limitsInWords, policyInWords } from '../settings-in-words.ts'
import { facts, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

type JsonOption = { json?: boolean }
type TeamOptions = LimitOptions & JsonOption & { name?: string, timezone?: string }

export function teamCommands (program: Command, { api, terminal }: Context): void {
  const team = program.command('team').description('teams: who pays, and what they may use').addHelpText('after', `
Examples:
  $ mulegate team create ads --timezone Europe/Berlin --quota day:tasks:20 --quota month:usd:150.00
  $ mulegate team set ads --in-flight 4 --quota day:tasks:none
  $ mulegate team list --all --json`)

  settingOptions(team.command('create').description('make a team').argument('<id>', 'its name in addresses: 1 to 40 of a-z, 0-9 and -')).addHelpText('after', `
Example:
  $ mulegate team create ads --name Ads --timezone Europe/Berlin --quota day:tasks:20 --quota month:usd:150.00 \\
      --in-flight 4 --requests-per-minute 120 --model alibaba/wan2.2-t2v-plus --field size=832*480,480*832`)
    .action(async (id: string, options: TeamOptions) => {
      show(terminal, readAnswer(teamAnswer, await api().call('POST', '/admin/v1/teams', { body: { id, ...named(options), ...newLimits(options) } })), options)
    })

  listOptions(team.command('list').description('all teams, in the order of their ids'))
    .addHelpText('after', '\nExample:\n  $ mulegate team list --all')
    .action(async (options: ListOptions) => {
      const teams = await readList(api(), { path: '/admin/v1/teams', row: teamAnswer }, options)
      if (options.json) return terminal.out.line(printableJson(teams))
      const lines = table<Team>([
        { title: 'TEAM', text: ({ id }) => id },
        { title: 'NAME', text: ({ name }) => name },
        { title: 'TIMEZONE', text: ({ timezone }) => timezone },
        { title: 'STATE', text: stateOf },
        { title: 'LIMITS', text: ({ limits }) => limitsInWords(limits).map(words => words.join(' ')).join(', ') }
      ], teams.data)
      lines.forEach(line => terminal.out.line(line))
      mentionMore(terminal, teams)
    })

  team.command('show').description('one team').argument('<id>').option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ mulegate team show ads')
    .action(async (id: string, options: JsonOption) => {
      show(terminal, readAnswer(teamAnswer, await api().call('GET', pathOf(id))), options)
    })

  settingOptions(team.command('set').description('change what is named, and nothing else').argument('<id>'))
    .option('--enable', 'end that it is disabled')
    .addHelpText('after', `
A quota replaces the one of the same period and unit; "none" and "any" end a limit or a rule.

Examples:
  $ mulegate team set ads --quota day:tasks:30 --quota month:usd:none
  $ mulegate team set ads --in-flight none --field size=any --model any
  $ mulegate team set ads --enable`)
    .action(async (id: string, options: TeamOptions & { enable?: boolean }) => {
      const gateway = api()
      const present = changesQuotas(options) ? readAnswer(teamAnswer, await gateway.call('GET', pathOf(id))).limits : undefined
      const patch = { ...named(options), ...limitsPatch(options, present), ...options.enable ? { disabled: false } : {} }
      if (Object.keys(patch).length === 0) throw new WrongUsage('nothing is to be changed; "mulegate team set --help" names what can be')
      show(terminal, readAnswer(teamAnswer, await gateway.call('PATCH', pathOf(id), { body: patch })), options)
    })

  team.command('disable').description('refuse all keys of a team; its running tasks still settle').argument('<id>')
    .addHelpText('after', '\nExample:\n  $ mulegate team disable ads\n\n"mulegate team set ads --enable" undoes it.')
    .action(async (id: string) => {
      await api().call('DELETE', pathOf(id))
      terminal.err.line(`Team ${printable(id)} is disabled; its keys are refused from now on.`)
    })
}

function settingOptions (command: Command): Command {
  return limitOptions(command
    .option('--name <text>', 'a name for people')
    .option('--timezone <zone>', 'whose days, weeks and months count, as in the IANA database: Europe/Berlin'))
    .option('--json', 'show the team as JSON')
}

function named ({ name, timezone }: TeamOptions): object { return { ...name === undefined ? {} : { name }, ...timezone === undefined ? {} : { timezone } } }

function show ({ out }: Terminal, team: Team, { json }: JsonOption): void {
  if (json) return out.line(printableJson(team))
  facts([
    ['team', team.id], ['name', team.name], ['timezone', team.timezone], ['state', stateOf(team)],
    ...limitsInWords(team.limits), ...policyInWords(team.policy), ['created', team.created_at], ['changed', team.updated_at]
  ]).forEach(line => out.line(line))
}

function stateOf ({ disabled }: Team): string { return disabled ? 'disabled' : 'enabled' }

function pathOf (id: string): string { return `/admin/v1/teams/${encodeURIComponent(id)}` }
