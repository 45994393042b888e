// `mulegate task …`
import { Option, type Command } from 'commander'
import { readAnswer } from '../admin-api.ts'
import { taskAnswer, type Task } from '../answers.ts'
import type { Context } from '../context.ts'
import { WrongUsage } from '../failure.ts'
import { listOptions, mentionMore, readList, type ListOptions } from '../pages.ts'
import { printableJson } from '../printable.ts'
import { facts, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

type JsonOption = { json?: boolean }
type Filters = { team?: string, key?: string, status?: string, model?: string, taskId?: string, from?: string, to?: string }
type Decision = { as: 'spent' | 'refunded' | 'accepted', taskId?: string, reason: string }

export function taskCommands (program: Command, { api, terminal }: Context): void {
  const task = program.command('task').description('tasks of all teams, and the decision about unknown outcomes').addHelpText('after', `
Examples:
  $ mulegate task list --status unknown
  $ mulegate task resolve tsk_0aB… --as refunded --reason "not on the invoice"`)

  listOptions(task.command('list').description('tasks, newest first')
    .option('--team <id>', 'of one team').option('--key <key_id>', 'of one key').option('--status <status>', 'in one state, such as unknown')
    .option('--model <vendor/model>', 'of one model').option('--task-id <id>', 'the one that MuleRouter calls so')
    .option('--from <time>', 'made then or later: 2026-11-22T00:00:00Z').option('--to <time>', 'made before'))
    .addHelpText('after', '\nExamples:\n  $ mulegate task list --status unknown --all\n  $ mulegate task list --team ads --from 2026-11-22T00:00:00+01:00')
    .action(async ({ team, key, status, model, taskId, from, to, ...options }: ListOptions & Filters) => {
      const query = { team, key, status, model, task_id: taskId, from, to }
      const tasks = await readList(api(), { path: '/admin/v1/tasks', query, row: taskAnswer }, options)
      if (options.json) return terminal.out.line(printableJson(tasks))
      const lines = table<Task>([
        { title: 'TASK', text: ({ task_ref: ref }) => ref },
        { title: 'CREATED', text: ({ created_at: created }) => created },
        { title: 'TEAM', text: ({ team }) => team },
        { title: 'STATUS', text: ({ status }) => status },
        { title: 'MONEY', text: ({ money }) => money },
        { title: 'USD', align: 'right', text: ({ price_usd: price }) => price },
        { title: 'MODE', text: ({ mode }) => mode ?? 'live' },
        { title: 'TASK ID', text: ({ task_id: id }) => id ?? '' }
      ], tasks.data)
      lines.forEach(line => terminal.out.line(line))
      mentionMore(terminal, tasks)
    })

  task.command('show').description('one task').argument('<task_ref>', 'tsk_…').option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  $ mulegate task show tsk_0aB…\n\n"mulegate task list --task-id" finds a task by MuleRouter\'s id.')
    .action(async (ref: string, options: JsonOption) => {
      show(terminal, readAnswer(taskAnswer, await api().call('GET', pathOf(ref))), options)
    })

  task.command('resolve').description('decide an unknown outcome').argument('<task_ref>', 'tsk_…')
    .addOption(new Option('--as <decision>', 'spent: it is billed; refunded: it is not; accepted: here is its id, the team gets its video').choices(['spent', 'refunded', 'accepted']).makeOptionMandatory())
    .option('--task-id <id>', 'with accepted: the id in MuleRouter\'s console')
    .requiredOption('--reason <text>', 'why, for the audit trail')
    .option('--json', 'show the task as JSON')
    .addHelpText('after', `
Examples:
  $ mulegate task resolve tsk_0aB… --as spent --reason "on the invoice of November"
  $ mulegate task resolve tsk_0aB… --as accepted --task-id 3e5f… --reason "found in the console"`)
    .action(async (ref: string, { as, taskId, reason, ...options }: Decision & JsonOption) => {
      if ((as === 'accepted') !== (taskId !== undefined)) throw new WrongUsage('--as accepted and --task-id go together')
      const body = { as, task_id: taskId, reason }
      show(terminal, readAnswer(taskAnswer, await api().call('POST', `${pathOf(ref)}/resolve`, { body })), options)
    })
}

function show ({ out }: Terminal, task: Task, { json }: JsonOption): void {
  if (json) return out.line(printableJson(task))
  facts([
    ['task', task.task_ref], ['task id', task.task_id ?? ''], ['team', task.team], ['key', task.key_id], ['model', task.model], ['mode', task.mode ?? 'live'],
    ['status', task.status], ['money', task.money], ['usd', task.price_usd], ['created', task.created_at], ['changed', task.updated_at]
  ]).forEach(line => out.line(line))
}

function pathOf (ref: string): string { return `/admin/v1/tasks/${encodeURIComponent(ref)}` }
