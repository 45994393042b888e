// A file of teams: read as YAML, with the place of everything in it, so that what is wrong is found by line and column.
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type Pair, type YAMLMap } from 'yaml'
import { fieldName } from './admin-api.ts'
import { WrongFile } from './failure.ts'
import { printable } from './printable.ts'

export type TeamsFile = {
  /** the file as JSON */
  value: object
  /** `14:7`: line and column of the value, or the name, that a pointer (RFC 6901) means, or of what should have held it */
  placeOf (pointer: string, of?: 'value' | 'name'): string
}

/** Aliases, of which one can make many, that are resolved at most. */
const ALIASES_MAX = 10_000

/** @throws WrongFile that names line and column of everything that is no YAML */
export function parseTeamsFile (name: string, text: string): TeamsFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${line}:${col}`
  }
  const wrong = [...document.errors, ...document.warnings, ...unresolved(document)].map(({ pos: [offset], message }) => `${name}:${at(offset)} ${printable(message)}`)
  if (wrong.length > 0) throw new WrongFile(wrong.join('\n'))
  if (!isMap(document.contents)) throw new WrongFile(`${name}:1:1 must begin with teams:`)

  const aside = document.contents.items.find(pair => ['prune', 'dry_run'].includes(keyOf(pair)))
  if (aside !== undefined) throw new WrongFile(`${name}:${at(offsetOf(aside.key))} ${keyOf(aside)} is said on the command line, not in the file`)
  return { value: valueOf(name, document), placeOf: (pointer, of = 'value') => at(find(document, pointer.split('/').slice(1).map(unescaped), of)) }
}

/** Aliases of anchors that do not stand above them: YAML finds them only when it makes values. */
function unresolved (document: Document): { pos: [number], message: string }[] {
  const found: { pos: [number], message: string }[] = []
  visit(document, { Alias (_key, alias) { if (alias.resolve(document) === undefined) found.push({ pos: [offsetOf(alias)], message: `there is no anchor &${alias.source} above it` }) } })
  return found
}

/** A refusal's errors as lines: `teams.yaml:14:7 limits.quotas[1].per must be one of …`. */
export function placedErrors (name: string, file: TeamsFile, errors: readonly { pointer: string, detail: string }[]): string[] {
  const ordered = errors.map(({ pointer, detail }) => ({ place: file.placeOf(pointer, detail.startsWith('is unknown') ? 'name' : 'value'), field: fieldName(withoutTeam(pointer)), detail }))
    .toSorted((a, b) => a.place.localeCompare(b.place, 'en', { numeric: true }))
  // What an alias repeats is wrong once.
  return [...new Set(ordered.map(({ place, field, detail }) => `${name}:${place} ${field} ${printable(detail)}`))]
}

/** The line says which team it is. */
function withoutTeam (pointer: string): string { return pointer.replace(/^\/teams\/\d+(?=\/)/, '') }

function valueOf (name: string, document: Document): object {
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX })
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    throw new WrongFile(`${name}: ${error instanceof Error ? printable(error.message) : 'cannot be read'}`)
  }
}

/** Where the path ends, or where it stops leading anywhere. */
function find (document: Document, path: readonly string[], of: 'value' | 'name'): number {
  let node: unknown = document.contents
  let offset = offsetOf(node)
  for (const [index, part] of path.entries()) {
    const holder = resolved(document, node)
    if (isMap(holder)) {
      const pair = pairOf(document, holder, part)
      if (pair === undefined) return offset
      node = pair.value
      const isMeant = index === path.length - 1
      offset = (isMeant && of === 'name') || !isFilled(node) ? offsetOf(pair.key) : offsetOf(node)
      continue
    }
    if (!isSeq(holder)) return offset
    node = holder.items[Number(part)]
    if (node === undefined) return offset
    offset = offsetOf(node)
  }
  return offset
}

/** The pair of a key, in the map itself or in what it merges. */
function pairOf (document: Document, map: YAMLMap, name: string): Pair | undefined {
  const own = map.items.find(pair => keyOf(pair) === name)
  if (own !== undefined) return own
  for (const { value } of map.items.filter(pair => keyOf(pair) === '<<')) {
    const merged = resolved(document, value)
    for (const source of isSeq(merged) ? merged.items.map(item => resolved(document, item)) : [merged]) {
      const found = isMap(source) ? pairOf(document, source, name) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}

function resolved (document: Document, node: unknown): unknown { return isAlias(node) ? node.resolve(document) : node }

function keyOf (pair: unknown): string {
  if (!isPair(pair)) return ''
  if (!isScalar(pair.key)) return String(pair.key)
  // The key that merges is a symbol.
  return typeof pair.key.value === 'symbol' ? pair.key.value.description ?? '' : String(pair.key.value)
}

function isFilled (node: unknown): node is Node { return isNode(node) && !(isScalar(node) && node.range?.[0] === node.range?.[1]) }

function offsetOf (node: unknown): number { return isNode(node) ? node.range?.[0] ?? 0 : 0 }

function unescaped (part: string): string { return part.replaceAll('~1', '/').replaceAll('~0', '~') }
