// `mulegate key …`: a new key goes alone to stdout, once, so that it can be piped into a place for secrets.
import type { Command } from 'commander'
import { readAnswer } from '../admin-api.ts'
import { keyAnswer, mintedAnswer, rotatedAnswer, type Key } from '../answers.ts'
import type { Context } from '../context.ts'
import { WrongUsage } from '../failure.ts'
import { changesQuotas, limitOptions, limitsPatch, newLimits, type LimitOptions } from '../limit-options.ts'
import { momentOrNever, NEVER, seconds } from '../option-values.ts'
import { listOptions, mentionMore, readList, type ListOptions } from '../pages.ts'
import { printable, printableJson } from '../printable.ts'
import { limitsInWords, policyInWords } from '../settings-in-words.ts'
import { facts, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

type JsonOption = { json?: boolean }
type KeyOptions = LimitOptions & JsonOption & { label?: string, expires?: string, webhooks?: boolean }

export function keyCommands (program: Command, { api, terminal, nowMs }: Context): void {
  const key = program.command('key').description('keys: what a team\'s services call with').addHelpText('after', `
Examples:
  $ mulegate key mint ads --label "render farm" > render-farm.key
  $ mulegate key rotate key_4Zk2… --overlap 24h
  $ mulegate key list ads`)

  settingOptions(key.command('mint').description('make a key; it is printed this once, alone on stdout').argument('<team>'))
    .option('--test', 'a test key: tasks of the built-in simulator, at no cost')
    .option('--json', 'print the whole answer as JSON, the key in it')
    .addHelpText('after', `
Examples:
  $ mulegate key mint ads --label "render farm" --expires 2026-12-31T00:00:00Z | vault kv put secret/ads key=-
  $ mulegate key mint ads --label trial --test --quota day:tasks:5`)
    .action(async (team: string, options: KeyOptions & { test?: boolean }) => {
      const body = { ...withoutNull(named(options)), ...newLimits(options), ...options.test ? { mode: 'test' } : {} }
      const minted = readAnswer(mintedAnswer, await api().call('POST', `${teamPath(team)}/keys`, { body }))
      terminal.err.line(`Made ${describe(minted)}. It is shown this once:`)
      terminal.out.line(options.json ? printableJson(minted) : printable(minted.key))
    })

  listOptions(key.command('list').description('the keys of a team, newest first').argument('<team>'))
    .addHelpText('after', '\nExample:\n  $ mulegate key list ads --all')
    .action(async (team: string, options: ListOptions) => {
      const keys = await readList(api(), { path: `${teamPath(team)}/keys`, row: keyAnswer }, options)
      if (options.json) return terminal.out.line(printableJson(keys))
      const lines = table<Key>([
        { title: 'KEY', text: ({ id }) => id },
        { title: 'LABEL', text: ({ label }) => label },
        { title: 'MODE', text: ({ mode }) => mode },
        { title: 'STATE', text: row => stateOf(row, nowMs()) },
        { title: 'EXPIRES', text: ({ expires_at: expires }) => expires ?? 'never' },
        { title: 'WEBHOOKS', text: ({ webhooks }) => webhooks ? 'yes' : 'no' },
        { title: 'LIMITS', text: ({ limits }) => limitsInWords(limits).map(words => words.join(' ')).join(', ') }
      ], keys.data)
      lines.forEach(line => terminal.out.line(line))
      mentionMore(terminal, keys)
    })

  key.command('show').description('one key; never the key itself').argument('<key_id>').option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ mulegate key show key_4Zk2…')
    .action(async (id: string, options: JsonOption) => {
      show(terminal, readAnswer(keyAnswer, await api().call('GET', keyPath(id))), { ...options, nowMs: nowMs() })
    })

  settingOptions(key.command('set').description('change what is named, and nothing else').argument('<key_id>'))
    .option('--no-webhooks', 'take that right away')
    .option('--json', 'show the key as JSON')
    .addHelpText('after', `
A quota replaces the one of the same period and unit; "none" and "any" end a limit or a rule.

Examples:
  $ mulegate key set key_4Zk2… --label "render farm 2" --expires never
  $ mulegate key set key_4Zk2… --quota day:tasks:none --no-webhooks`)
    .action(async (id: string, options: KeyOptions) => {
      const gateway = api()
      const present = changesQuotas(options) ? readAnswer(keyAnswer, await gateway.call('GET', keyPath(id))).limits : undefined
      const patch = { ...named(options), ...limitsPatch(options, present) }
      if (Object.keys(patch).length === 0) throw new WrongUsage('nothing is to be changed; "mulegate key set --help" names what can be')
      show(terminal, readAnswer(keyAnswer, await gateway.call('PATCH', keyPath(id), { body: patch })), { ...options, nowMs: nowMs() })
    })

  key.command('rotate').description('make a new key with the same rights and budgets; it is printed this once, alone on stdout').argument('<key_id>')
    .option('--overlap <time>', 'how long the old key stays good: seconds, or 15m, 24h, 7d; 0 ends it at once (default: 24h)', seconds)
    .option('--json', 'print the whole answer as JSON, the key in it')
    .addHelpText('after', `
Examples:
  $ mulegate key rotate key_4Zk2… --overlap 7d > render-farm.key
  $ mulegate key rotate key_4Zk2… --overlap 0      the old one has leaked`)
    .action(async (id: string, { overlap, json }: JsonOption & { overlap?: number }) => {
      const body = overlap === undefined ? {} : { overlap_seconds: overlap }
      const rotated = readAnswer(rotatedAnswer, await api().call('POST', `${keyPath(id)}/rotate`, { body }))
      const { id: old, expires_at: end } = rotated.replaces
      terminal.err.line(`Made ${describe(rotated)}, in the place of ${printable(old)}, which ends at ${printable(end ?? 'no time')}. It is shown this once:`)
      terminal.out.line(json ? printableJson(rotated) : printable(rotated.key))
    })

  key.command('revoke').description('end a key: no create is admitted with it from now on').argument('<key_id>')
    .addHelpText('after', '\nExample:\n  $ mulegate key revoke key_4Zk2…')
    .action(async (id: string) => {
      await api().call('DELETE', keyPath(id))
      terminal.err.line(`Key ${printable(id)} is revoked.`)
    })
}

function settingOptions (command: Command): Command {
  return limitOptions(command
    .option('--label <text>', 'what it is for; apply knows it by its label')
    .option('--webhooks', 'it may change the team\'s webhooks')
    .option('--expires <time>', 'when it ends: 2026-12-31T00:00:00Z, or never', momentOrNever))
}

function named ({ label, expires, webhooks }: KeyOptions): object {
  return {
    ...label === undefined ? {} : { label },
    ...expires === undefined ? {} : { expires_at: expires === NEVER ? null : expires },
    ...webhooks === undefined ? {} : { webhooks }
  }
}

function withoutNull (members: object): object { return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) }

function describe ({ id, team, label, mode }: Key): string {
  return printable(`${mode === 'test' ? 'test key' : 'key'} ${id} of team ${team}${label === '' ? '' : ` (${label})`}`)
}

function show ({ out }: Terminal, key: Key, { json, nowMs }: JsonOption & { nowMs: number }): void {
  if (json) return out.line(printableJson(key))
  facts([
    ['key', key.id], ['team', key.team], ['label', key.label], ['mode', key.mode], ['state', stateOf(key, nowMs)], ['expires', key.expires_at ?? 'never'],
    ['webhooks', key.webhooks ? 'yes' : 'no'], ...limitsInWords(key.limits), ...policyInWords(key.policy), ['lineage', key.lineage ?? key.id], ...key.replaced_by === null || key.replaced_by === undefined ? [] : [['replaced by', key.replaced_by] as const], ['created', key.created_at]
  ]).forEach(line => out.line(line))
}

function stateOf ({ revoked_at: revoked, expires_at: expires, replaced_by: replacedBy = null }: Key, nowMs: number): string {
  if (revoked !== null) return 'revoked'
  if (expires !== null && Date.parse(expires) <= nowMs) return 'expired'
  return replacedBy === null ? 'good' : 'good, rotated'
}

function keyPath (id: string): string { return `/admin/v1/keys/${encodeURIComponent(id)}` }

function teamPath (id: string): string { return `/admin/v1/teams/${encodeURIComponent(id)}` }
