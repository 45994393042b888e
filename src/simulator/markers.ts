// Reads the markers `[[name]]` and `[[name=value]]` with which a prompt asks the simulator to misbehave.

/** What the markers of one prompt ask for. A new fault is one more field here and one more line in `readMarkers`. */
export type Markers = {
  fails: boolean // [[fail]]: the task ends as failed
}

const MARKER = /\[\[([a-z-]+)(?:=([^[\]]*))?\]\]/g

/** The markers of a prompt. A name that nobody knows is text like any other, as it would be for the provider. */
export function readMarkers (prompt: string): Markers {
  const values = new Map<string, string>()
  for (const [, name = '', value = ''] of prompt.matchAll(MARKER)) values.set(name, value)
  return {
    fails: values.has('fail')
  }
}
