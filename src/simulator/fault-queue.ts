// Keeps the faults that were injected, until requests come that they are for.

import type { CheckedOrder, FaultOrder } from './fault-order.ts'
import type { Fault } from './faults.ts'
import type { Operation } from './operation.ts'

export type FaultQueue = {
  add: (order: CheckedOrder) => void
  take: (operation: Operation | undefined) => Fault | undefined  // for one request: the oldest fault that is for it, once
  clear: () => void
  left: () => FaultOrder[]                                       // with the times that are left
}

/** An empty queue. */
export function openFaultQueue (): FaultQueue {
  let orders: CheckedOrder[] = []
  return {
    add (order) { orders.push({ ...order }) },
    take (operation) {
      const order = operation && orders.find(({ on }) => on === 'any' || on === operation)
      if (order === undefined) return undefined
      order.times -= 1
      orders = orders.filter(({ times }) => times > 0)
      return order.means
    },
    clear () { orders = [] },
    left: () => orders.map(({ on, fault, times }) => ({ on, fault, times }))
  }
}
