// The JSON Schema of a file of teams, for editors: made of the schema that validates.
import { z } from 'zod'
import { teamsFileSchema } from './teams-file.ts'

/** JSON Schema 2020-12 of what the file may hold. */
export function teamsJsonSchema (): object {
  return z.toJSONSchema(teamsFileSchema, {
    io: 'input',
    // What a schema says of itself for documents, where its own form cannot be written as JSON Schema.
    override ({ jsonSchema }) {
      const { override } = jsonSchema
      delete jsonSchema['override']
      if (typeof override === 'object') Object.assign(jsonSchema, override)
    }
  })
}

/** The text of `docs/teams.schema.json`. */
export function teamsSchemaText (): string {
  return `${JSON.stringify({ title: 'Teams and keys of a mulegate gateway', ...teamsJsonSchema() }, null, 2)}\n`
}
