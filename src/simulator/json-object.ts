// Reads a text that should be a JSON object.

export type JsonObject = Record<string, unknown>

/** The object, or undefined if the text is no JSON or its value no object. */
export function parseJsonObject (text: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
