// Text from elsewhere on its way to a terminal.

// Control characters, line separators, and marks that turn the direction of writing.
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
const UNPRINTABLE_IN_TEXT = /(?!\n)[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** One line of text, without what a terminal would obey. */
export function printable (text: string): string { return text.replace(UNPRINTABLE, '') }

/** The same for text of several lines. */
export function printableText (text: string): string { return text.replace(UNPRINTABLE_IN_TEXT, '') }

/** A value as JSON for people and programs; what a terminal would obey is escaped, so that nothing is lost. */
export function printableJson (value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNPRINTABLE_IN_TEXT, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
