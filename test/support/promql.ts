// PromQL, as Prometheus's own grammar reads it.
import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/** A metric that a query names, with the labels that it wants of it, also where its series are put together. */
export type Named = { metric: string, labels: string[] }

/** What a query names. @throws if it is no PromQL */
export function metricsIn (query: string): Named[] {
  return select(treeOf(query), 'VectorSelector').map(selector => ({
    metric: textOf(query, child(selector, 'Identifier')),
    labels: [...select(selector, 'LabelName'), ...groupingOf(selector)].map(node => textOf(query, node))
  }))
}

/** The name and the labels of one series, as it is written: `name{label="value"}`. @throws if that is not what the text is */
export function readSeries (text: string): { name: string, labels: Record<string, string> } {
  const [selector, ...more] = select(treeOf(text), 'VectorSelector')
  if (selector === undefined || more.length > 0 || selector.from !== 0 || selector.to !== text.length) throw new Error(`not a series: ${text}`)
  const labels = select(selector, 'UnquotedLabelMatcher').map(matcher => {
    if (textOf(text, child(matcher, 'MatchOp')) !== '=') throw new Error(`not the value of a label: ${textOf(text, matcher)}`)
    const value: unknown = JSON.parse(textOf(text, child(matcher, 'StringLiteral')))
    return [textOf(text, child(matcher, 'LabelName')), String(value)] as const
  })
  if (new Set(labels.map(([name]) => name)).size < labels.length) throw new Error(`a label twice: ${text}`)
  return { name: textOf(text, child(selector, 'Identifier')), labels: Object.fromEntries(labels) }
}

function treeOf (text: string): SyntaxNode {
  const { topNode } = parser.parse(text)
  const [error] = everyNode(topNode).filter(({ type }) => type.isError)
  if (error !== undefined) throw new Error(`no PromQL, at ${error.from}: ${text}`)
  return topNode
}

/** The labels by which the aggregations and matchings around a selector put series together. */
function groupingOf (selector: SyntaxNode): SyntaxNode[] {
  const groupings: SyntaxNode[] = []
  for (let node = selector.parent; node !== null; node = node.parent) {
    const modifiers = [...node.getChildren('AggregateModifier'), ...node.getChildren('MatchingModifierClause')]
    groupings.push(...modifiers.flatMap(modifier => select(modifier, 'LabelName')))
  }
  return groupings
}

function everyNode (node: SyntaxNode): SyntaxNode[] {
  const found = [node]
  for (let next = node.firstChild; next !== null; next = next.nextSibling) found.push(...everyNode(next))
  return found
}

function select (node: SyntaxNode, name: string): SyntaxNode[] { return everyNode(node).filter(each => each.name === name) }

function child (node: SyntaxNode, name: string): SyntaxNode {
  const found = node.getChild(name)
  if (found === null) throw new Error(`${node.name} without ${name}`)
  return found
}

function textOf (text: string, { from, to }: SyntaxNode): string { return text.slice(from, to) }
