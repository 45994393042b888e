// A bounded number of places: nobody waits for ever, nobody overtakes, and no place is lost.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slots } from '../../src/upstream/slots.ts'

const LONG_MS = 20_000
const SHORT_MS = 20

test('as many enter at once as there are places', async () => {
  const places = slots(3, SHORT_MS)
  expect(await Promise.all([places.enter(), places.enter(), places.enter()])).toEqual([true, true, true])
  expect(await places.enter()).toBe(false)
})

test('waiting for a place is bounded', async () => {
  const places = slots(1, 50)
  await places.enter()
  const begunMs = performance.now()
  expect(await places.enter()).toBe(false)
  expect(performance.now() - begunMs).toBeGreaterThan(40)
})

test('a place that is given back goes to the one who has waited longest', async () => {
  const places = slots(1, LONG_MS)
  await places.enter()
  const order: number[] = []
  const waiting = [1, 2, 3].map(async number => {
    await places.enter()
    order.push(number)
    places.leave()
  })
  places.leave()
  await Promise.all(waiting)
  expect(order).toEqual([1, 2, 3])
})

test('a newcomer does not overtake those who wait', async () => {
  const places = slots(1, LONG_MS)
  await places.enter()
  const first = places.enter()
  places.leave()
  const newcomer = slotOf(places.enter())
  expect(await first).toBe(true)
  expect(newcomer.taken).toBe(false)
  places.leave()
  expect(await newcomer.entered).toBe(true)
})

test('one who gave up takes no place when one becomes free', async () => {
  const places = slots(1, SHORT_MS)
  await places.enter()
  expect(await places.enter()).toBe(false)
  places.leave()
  expect(await places.enter()).toBe(true)
})

test('a place can be taken again as often as it is given back', async () => {
  const places = slots(2, SHORT_MS)
  for (let round = 1; round <= 1000; round++) {
    expect(await places.enter()).toBe(true)
    places.leave()
  }
  expect([await places.enter(), await places.enter(), await places.enter()]).toEqual([true, true, false])
})

test('however many come and go, never more are inside than there are places, and everybody gets in', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat({ max: 5 }), { maxLength: 60 }), async (count, stays) => {
    const places = slots(count, LONG_MS)
    let inside = 0
    let most = 0
    const entered = await Promise.all(stays.map(async turns => {
      const taken = await places.enter()
      most = Math.max(most, ++inside)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      inside--
      places.leave()
      return taken
    }))
    expect(entered.every(taken => taken)).toBe(true)
    expect(most).toBeLessThanOrEqual(count)
  }))
})

/** Whether a place was taken, as it stands now, and the promise of it. */
function slotOf (entered: Promise<boolean>): { entered: Promise<boolean>, taken: boolean } {
  const slot = { entered, taken: false }
  entered.then(taken => { slot.taken = taken })
  return slot
}
