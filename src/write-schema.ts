// `npm run schema`: writes the JSON Schema that editors check a file of teams with.
import { writeFileSync } from 'node:fs'
import { teamsSchemaText } from './teams/teams-json-schema.ts'

writeFileSync(new URL('../docs/teams.schema.json', import.meta.url), teamsSchemaText())
