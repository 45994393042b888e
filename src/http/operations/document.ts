// What the document says of itself and of the page that shows it.
import { z } from 'zod'
import type { DocsFile } from '../docs-page.ts'
import type { Operation } from '../operation.ts'

export const openApi = {
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
} as const satisfies Operation

export function docsFile ({ path, type }: DocsFile): Operation {
  const name = path.replace(/^\//, '')
  return {
    id: `getDocs${name.charAt(0).toUpperCase()}${name.slice(1).replace('.', '')}`,
    tag: 'operations',
    summary: path === '' ? 'A page to read this document' : `A part of that page: ${name}`,
    answers: {
      200: {
        description: 'It is served from here, and loads nothing from elsewhere.',
        type: type.replace(/;.*/, ''),
        schema: type.startsWith('text/') ? z.string() : z.unknown(),
        headers: ['Cache-Control', 'Content-Security-Policy']
      }
    }
  }
}
