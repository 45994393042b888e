// One token in the pool: the calls under way with it, whether it rests, and what the log was told of it.
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Secret } from '../kernel/secret.ts'

/** A token and the short name by which logs and tasks know it. */
export type Credential = { token: Secret, fingerprint: string }

/** MuleRouter's definitive no to a token. */
export type TokenRefusal = { status: number, retryAfterS: number | undefined }

/** One call with a token, which counts as under way from its beginning to its end. */
export interface Use {
  credential: Credential
  /** its place among all that happened to the tokens */
  beganAt: number
  /** The token is as good as ever. */
  welcomed (): void
  /** Lets others be used for a while. A pool of one never rests. */
  refused (refusal: TokenRefusal): void
  end (): void
}

/** Where a place stands. A moment is a place in the order of what happens, no time: a call and the rest that it brings about may be of one millisecond. */
export type PlaceContext = { clock: Clock, log: Log, nextMoment (): number, isAlone (): boolean }

/** How long a token rests that was refused, if the refusal does not say; and at most, whatever it says. */
const REST_MS = 60_000
const REST_MS_MAX = 600_000
/** Of a token that is refused again and again, so often is said that it is. */
const SAY_AGAIN_MS = 60_000

export class TokenPlace {
  readonly credential: Credential
  /** given no more: it serves its own tasks only */
  retired = false
  /** refused after it was retired: it is used no more */
  ended = false
  /** when it was given, and when it was last chosen for a create */
  givenAt: number
  chosenAt = 0
  underWay = 0
  /** was refused, and has not been welcome since */
  doubtful = false
  readonly #context: PlaceContext
  #refusedAt = 0
  #rest: { sinceAt: number, untilMs: number } | undefined
  #said: { status: number, atMs: number } | undefined

  constructor (credential: Credential, context: PlaceContext) {
    this.credential = credential
    this.#context = context
    this.givenAt = context.nextMoment()
  }

  get resting (): boolean {
    return this.#rest !== undefined && this.#context.clock.nowMs() < this.#rest.untilMs && !this.#context.isAlone()
  }

  get restsSinceAt (): number { return this.#rest?.sinceAt ?? 0 }

  retire (): void {
    this.retired = true
    this.#rest = this.#said = undefined
  }

  giveAgain (): void {
    this.retired = this.ended = this.doubtful = false
    this.givenAt = this.#context.nextMoment()
  }

  /** For a create. */
  choose (): Use {
    if (!this.resting) this.#wake()
    this.chosenAt = this.#context.nextMoment()
    return this.begin()
  }

  begin (): Use {
    const beganAt = this.#context.nextMoment()
    this.underWay++
    return {
      credential: this.credential,
      beganAt,
      welcomed: () => { this.#welcomed(beganAt) },
      refused: refusal => { if (this.retired) this.#end(refusal); else this.#refused(beganAt, refusal) },
      end: () => { this.underWay-- }
    }
  }

  /** An answer to a call from before a refusal tells nothing about that. */
  #welcomed (beganAt: number): void {
    if (beganAt <= this.#refusedAt) return
    this.doubtful = false
    this.#wake()
  }

  #wake (): void {
    if (this.#rest !== undefined) this.#context.log.info({ credential: this.credential.fingerprint }, 'upstream token used again')
    this.#rest = undefined
  }

  #refused (beganAt: number, { status, retryAfterS }: TokenRefusal): void {
    const { clock, isAlone, nextMoment } = this.#context
    this.doubtful = true
    this.#refusedAt = nextMoment()
    const restMs = Math.min(retryAfterS === undefined ? REST_MS : Math.max(1, retryAfterS) * 1000, REST_MS_MAX)
    if (!isAlone()) {
      // Calls that were under way together are refused together: one rest.
      const same = beganAt < this.restsSinceAt ? this.#rest : undefined
      this.#rest = { sinceAt: same?.sinceAt ?? this.#refusedAt, untilMs: Math.max(clock.nowMs() + restMs, same?.untilMs ?? 0) }
    }
    this.#say(status, isAlone() ? undefined : restMs)
  }

  #say (status: number, restMs: number | undefined): void {
    const { clock, log } = this.#context
    const nowMs = clock.nowMs()
    if (this.#said?.status === status && nowMs - this.#said.atMs < SAY_AGAIN_MS) return
    this.#said = { status, atMs: nowMs }
    const facts = { credential: this.credential.fingerprint, status, rest_ms: restMs }
    if (status === 429) log.warn(facts, 'upstream token limited')
    else if (status === 402) log.error(facts, 'upstream account out of funds')
    else log.error(facts, 'upstream token refused')
  }

  #end ({ status }: TokenRefusal): void {
    if (this.ended || (status !== 401 && status !== 403)) return
    this.ended = true
    this.#context.log.info({ credential: this.credential.fingerprint, status }, 'retired upstream token refused')
  }
}
