// The end of an exhaustive switch.

/** Fails to compile when a case is missing, and fails loudly if one arrives all the same. */
export function unreachable (value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`)
}
