// `mulegate check`: is all well? One line for each thing that must be.
import type { Command } from 'commander'
import { z } from 'zod'
import { readAnswer, Refused, Unreachable, type AdminApi } from '../admin-api.ts'
import type { Context } from '../context.ts'
import { Failed } from '../failure.ts'
import { printable, printableJson } from '../printable.ts'

const check = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })
const checkAnswer = z.object({ ok: z.boolean(), checks: z.array(check) })

type Check = z.output<typeof check>

const NAME_WIDTH = 13

export function checkCommand (program: Command, { api, terminal: { out } }: Context): void {
  program.command('check').description('prove the gateway, its configuration, prices, catalog, upstream (without spending) and ledger')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExit code 1 if one of them fails.\n\nExample:\n  $ mulegate check && deploy')
    .action(async ({ json }: { json?: boolean }) => {
      const checks = await findings(api())
      const failed = checks.filter(({ ok }) => !ok)
      if (json) out.line(printableJson({ ok: failed.length === 0, checks }))
      else checks.forEach(check => out.line(lineOf(check)))
      if (failed.length > 0) throw new Failed(`${failed.length} of ${checks.length} checks failed`)
    })

  function lineOf ({ ok, name, detail }: Check): string {
    const verdict = ok ? out.paint('green', 'ok    ') : out.paint('red', 'FAILED')
    return `${verdict}  ${printable(name).padEnd(NAME_WIDTH)}  ${printable(detail)}`
  }
}

/** What the gateway says of itself; that it says anything at all is the first thing. */
async function findings (gateway: AdminApi): Promise<Check[]> {
  try {
    const { checks } = readAnswer(checkAnswer, await gateway.call('GET', '/admin/v1/check', { patient: true }))
    return [{ name: 'gateway', ok: true, detail: `${gateway.address} answers and takes the token` }, ...checks]
  } catch (error) {
    if (error instanceof Refused || error instanceof Unreachable) return [{ name: 'gateway', ok: false, detail: error.message }]
    throw error
  }
}
