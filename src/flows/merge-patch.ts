// RFC 7396: how a change is written that names only what it changes.

/** Merges a patch into a JSON value: null removes, objects merge, everything else (arrays too) replaces. */
export function mergePatch (target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

/** The change that merges `before` into `after`, both without null: the inverse of `mergePatch`. */
export function patchBetween (before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after
  const gone = Object.keys(before).filter(name => after[name] === undefined).map(name => [name, null])
  const kept = Object.entries(after).filter(([, value]) => value !== undefined).map(([name, value]) => [name, patchBetween(before[name], value)])
  return Object.fromEntries([...gone, ...kept])
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
