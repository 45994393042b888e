// What a node of a Redis Cluster says of the cluster: the reply to CLUSTER NODES, https://redis.io/docs/latest/commands/cluster-nodes/
import { askRedisText, type Address } from './ask-redis.ts'

/** How a node sees one of the nodes, perhaps itself. */
export type NodeView = {
  id: string
  /** the node that said all this */
  self: boolean
  role: 'master' | 'replica'
  /** connected, no longer shaking hands, and not thought to have failed */
  settled: boolean
  /** rises with every failover, so that of two nodes that claim a slot the one with the higher epoch is right */
  epoch: number
  /** first and last slot of every range that it serves */
  slots: ReadonlyArray<readonly [number, number]>
}

/** Asks a node for its views of all nodes. Throws if it does not answer. */
export async function viewsOf (node: Address): Promise<NodeView[]> {
  return parseClusterNodes(await askRedisText(node, 'CLUSTER', 'NODES'))
}

/** Throws if the text is no reply to CLUSTER NODES. */
export function parseClusterNodes (text: string): NodeView[] {
  return text.trim().split('\n').map(line => {
    const [id = '', , flagList = '', , , , epoch, link, ...ranges] = line.split(' ')
    if (epoch === undefined || link === undefined) throw new Error(`not a line of CLUSTER NODES: ${line}`)
    const flags = flagList.split(',')
    return {
      id,
      self: flags.includes('myself'),
      role: flags.includes('master') ? 'master' : 'replica',
      settled: link === 'connected' && !flags.some(flag => ['handshake', 'fail', 'fail?', 'noaddr'].includes(flag)),
      epoch: Number(epoch),
      // What is in brackets is a slot on its way from one node to another.
      slots: ranges.filter(range => !range.startsWith('[')).map(range => {
        const [first, last = first] = range.split('-')
        return [Number(first), Number(last)] as const
      })
    }
  })
}

/** A node's view of itself. Throws if there is none. */
export function selfOf (views: readonly NodeView[]): NodeView {
  const self = views.find(view => view.self)
  if (self === undefined) throw new Error('a node that does not know itself')
  return self
}
