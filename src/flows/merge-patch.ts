// RFC 7396: how a change is written that names only what it changes.

/** Far deeper than any setting. */
const DEPTH_MAX = 32

/** Merges a patch into a JSON value: null removes, objects merge, everything else (arrays too) replaces; so does what lies too deep for any setting. */
export function mergePatch (target: unknown, patch: unknown, depth = 0): unknown {
  if (!isObject(patch) || depth === DEPTH_MAX) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1))
  }
  return Object.fromEntries(merged)
}

/** The change that merges `before` into `after`, both without null: the inverse of `mergePatch`. */
export function patchBetween (before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after
  const [old, now] = [membersOf(before), membersOf(after)]
  const gone = [...old.keys()].filter(name => !now.has(name)).map(name => [name, null])
  return Object.fromEntries([...gone, ...[...now].map(([name, value]) => [name, patchBetween(old.get(name), value)])])
}

/** What is undefined is as good as absent. */
function membersOf (value: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined))
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
