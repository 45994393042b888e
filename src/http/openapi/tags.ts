// The chapters of the document.

export const TAGS = {
  generation: 'MuleRouter\'s own routes, under MuleRouter\'s own paths and under short ones.',
  tasks: 'What the team has started, and what is left of its limits.',
  webhooks: 'Messages about what became of tasks and quotas, signed by [Standard Webhooks](https://www.standardwebhooks.com).',
  'admin: teams': 'Teams, their limits and policies.',
  'admin: keys': 'The teams\' keys.',
  'admin: tasks': 'All tasks, and the decision about an unknown outcome.',
  'admin: usage': 'The report for charge-back.',
  'admin: audit': 'Who changed what.',
  'admin: ledger': 'The ledger itself.',
  operations: 'Health, metrics, and this document.'
} as const

export type Tag = keyof typeof TAGS
