// From the arguments to the exit code: 0 good, 1 refused or failed, 2 wrong usage.
import { CommanderError, Command } from 'commander'
import type { Readable, Writable } from 'node:stream'
import { adminApi } from './admin-api.ts'
import { applyCommand } from './commands/apply.ts'
import { auditCommand } from './commands/audit.ts'
import { checkCommand } from './commands/check.ts'
import { keyCommands } from './commands/key.ts'
import { ledgerCommands } from './commands/ledger.ts'
import { taskCommands } from './commands/task.ts'
import { teamCommands } from './commands/team.ts'
import { usageCommand } from './commands/usage.ts'
import type { Context } from './context.ts'
import { Failed, WrongFile, WrongUsage } from './failure.ts'
import type { Environment } from './own-gateway.ts'
import { readSettings } from './settings.ts'
import { terminalOn } from './terminal.ts'

export type Surroundings = { env: Environment, stdin: Readable, stdout: Writable, stderr: Writable, nowMs: () => number }

const HELP = `
Environment:
  MULEGATE_URL               where the gateway serves /admin, for example http://127.0.0.1:8080
  MULEGATE_ADMIN_TOKEN       a token of the gateway's ADMIN_TOKEN
  MULEGATE_ADMIN_TOKEN_FILE  a file that holds it, in its place
  NO_COLOR                   no colour, as in pipes
  Without the first, the HOST, PORT, OPS_PORT and ADMIN_TOKEN that a gateway here was started with.

Exit codes: 0 good; 1 the gateway refused, or something failed; 2 wrong usage.

Examples:
  $ mulegate team create ads --timezone Europe/Berlin --quota day:tasks:20
  $ mulegate key mint ads --label "render farm" | vault kv put secret/ads key=-
  $ mulegate usage --group-by team,model
  $ mulegate apply teams.yaml --dry-run`

export async function run (args: readonly string[], { env, stdin, stdout, stderr, nowMs }: Surroundings): Promise<number> {
  const terminal = terminalOn({ stdout, stderr })
  const complain = (error: Error): void => {
    const isPlaced = error instanceof WrongFile
    for (const line of error.message.split('\n')) terminal.err.line(isPlaced || line.startsWith('  ') ? line : `${terminal.err.paint('red', 'mulegate:')} ${line}`)
  }
  try {
    await program({ terminal, stdin, api: () => adminApi(readSettings(env)), nowMs }, { stdout, stderr }).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // It has been written already; only help that was asked for is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof WrongUsage || error instanceof Failed) {
      complain(error)
      return error instanceof WrongUsage ? 2 : 1
    }
    throw error
  }
}

function program (context: Context, { stdout, stderr }: Pick<Surroundings, 'stdout' | 'stderr'>): Command {
  const mulegate = new Command('mulegate')
    .description('Teams, keys, tasks and money of a mulegate gateway, over its admin API.')
    .exitOverride()
    .configureOutput({ writeOut: text => { stdout.write(text) }, writeErr: text => { stderr.write(text) } })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', HELP)
  for (const add of [teamCommands, keyCommands, usageCommand, taskCommands, ledgerCommands, auditCommand, applyCommand, checkCommand]) add(mulegate, context)
  return mulegate
}
