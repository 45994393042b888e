// What a request wants of the provider, which is what its faults and its counters go by.

import type { Route } from './route.ts'

export const OPERATIONS = ['create', 'read', 'delete'] as const

export type Operation = typeof OPERATIONS[number]

/** The operation, or undefined for a method or a route that is none of the three. */
export function operationOf (method: string | undefined, route: Route): Operation | undefined {
  if (route.kind === 'generation' && method === 'POST') return 'create'
  if (route.kind === 'task' && method === 'GET') return 'read'
  if (route.kind === 'task' && method === 'DELETE') return 'delete'
  return undefined
}
