// A team as the admin API shows it.
import { z } from 'zod'
import { rfc3339 } from '../../kernel/time.ts'
import { teamSettingsJson, type Team } from '../../teams/team.ts'
import { limitsShape, policyShape } from './limits.ts'
import { momentShape } from './moment.ts'
import { pageShape } from './page.ts'

export const teamShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  timezone: z.string().meta({ description: 'IANA name; calendar windows follow it' }),
  limits: limitsShape,
  policy: policyShape,
  disabled: z.boolean().meta({ description: 'the keys of a disabled team are refused' }),
  created_at: momentShape('when it was created'),
  updated_at: momentShape('when it was changed last')
}).meta({
  id: 'Team',
  examples: [{
    id: 'ads',
    name: 'Advertising',
    timezone: 'Europe/Berlin',
    limits: { tasks_in_flight: 4, quotas: [{ per: 'day', unit: 'tasks', limit: 20 }] },
    policy: { fields: { size: ['832*480', '480*832'] } },
    disabled: false,
    created_at: '2026-11-22T09:30:00.000Z',
    updated_at: '2026-11-22T09:30:00.000Z'
  }]
})

export const teamPageShape = pageShape('TeamPage', teamShape)

export function teamJson (team: Team): z.input<typeof teamShape> {
  return { id: team.id, ...teamSettingsJson(team), created_at: rfc3339(team.createdAtMs), updated_at: rfc3339(team.updatedAtMs) }
}
