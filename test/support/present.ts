// What a test knows to be there.

/** The value itself. @throws if there is none, so that a test fails where it goes wrong */
export function present<Value> (value: Value | null | undefined): Value {
  if (value === undefined || value === null) throw new Error('nothing is there')
  return value
}
