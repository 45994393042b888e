// The table of faults that can happen to a request: their names, what value each takes, and when it strikes.
// What goes wrong with a task instead is its fate, see task-id.ts.

/** Strikes when the headers are there, before the body is read. */
export type HeadersFault = { when: 'on-headers', kind: 'reset-before' }

/** Strikes in place of the provider's work: nothing is made, read or deleted. */
export type Refusal = { when: 'instead' } & (
  | { kind: 'status' | 'html', status: number }
  | { kind: 'redirect' }
)

/** Strikes when the provider has done its work and answers. */
export type Mishap = { when: 'on-answer' } & (
  | { kind: 'late', delayMs: number }
  | { kind: 'hold' | 'reset' | 'cut' | 'not-json' | 'no-id' | 'close-on-reuse' }
)

export type Fault = HeadersFault | Refusal | Mishap

type Row = {
  usage: string  // as it is written, with what is allowed
  read: (value: string | undefined) => Fault | undefined
}

const DELAY_MS_MAX = 3_600_000

const FAULTS = new Map<string, Row>([
  ['status', withNumber('status=400..599', 400, 599, status => ({ when: 'instead', kind: 'status', status }))],
  ['html', withNumber('html=200..599 but 204, 205 and 304', 200, 599, status => hasBody(status) ? { when: 'instead', kind: 'html', status } : undefined)],
  ['redirect', alone('redirect', { when: 'instead', kind: 'redirect' })],
  ['late', withNumber(`late=0..${DELAY_MS_MAX}`, 0, DELAY_MS_MAX, delayMs => ({ when: 'on-answer', kind: 'late', delayMs }))],
  ['hold', alone('hold', { when: 'on-answer', kind: 'hold' })],
  ['reset', alone('reset', { when: 'on-answer', kind: 'reset' })],
  ['reset-before', alone('reset-before', { when: 'on-headers', kind: 'reset-before' })],
  ['cut', alone('cut', { when: 'on-answer', kind: 'cut' })],
  ['not-json', alone('not-json', { when: 'on-answer', kind: 'not-json' })],
  ['no-id', alone('no-id', { when: 'on-answer', kind: 'no-id' })],
  ['close-on-reuse', alone('close-on-reuse', { when: 'on-answer', kind: 'close-on-reuse' })]
])

/** The faults there are, for a message to who wrote a wrong one. */
export const FAULT_USAGE = Array.from(FAULTS.values(), row => row.usage).join(', ')

/** The fault of this name and value, or undefined if there is none: a wrong name, a wrong value, a value too many or too few. */
export function readFault (name: string, value: string | undefined): Fault | undefined {
  return FAULTS.get(name)?.read(value)
}

function alone (usage: string, fault: Fault): Row {
  return { usage, read: value => value === undefined ? fault : undefined }
}

function withNumber (usage: string, min: number, max: number, faultWith: (number: number) => Fault | undefined): Row {
  return {
    usage,
    read (value = '') {
      const number = Number(value)
      return /^\d+$/.test(value) && number >= min && number <= max ? faultWith(number) : undefined
    }
  }
}

// Of these statuses HTTP allows no body, so there is no page.
function hasBody (status: number): boolean {
  return ![204, 205, 304].includes(status)
}
