// What the document says of itself.
import { z } from 'zod'
import type { Operation } from '../operation.ts'

export const documentation = {
  openapi: {
    id: 'getOpenApi',
    tag: 'operations',
    summary: 'This document',
    answers: {
      200: {
        description: 'OpenAPI 3.1, made of the schemas that check requests and shape answers.',
        schema: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
        headers: ['Cache-Control']
      }
    }
  }
} as const satisfies Record<string, Operation>
