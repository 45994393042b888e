// How a moment is shown to the world.
import { z } from 'zod'

const EXAMPLE = '2026-11-22T09:30:00.000Z'

/** RFC 3339. @param description what happened then */
export function momentShape (description: string) { return z.iso.datetime({ offset: true }).meta({ description, examples: [EXAMPLE] }) }

/** RFC 3339, or null. @param description what it says, and what null means */
export function momentOrNullShape (description: string) { return z.iso.datetime({ offset: true }).nullable().meta({ description, examples: [EXAMPLE, null] }) }
