/** Judges by arrival times whether something on the way, such as an antivirus product, holds a stream back. */

const CONNECTING_MS = 5000
/** A heartbeat comes 100 ms after the opening, on slow networks a second or two later. */
const OPENING_MS = 3000
const LATE_MS = 1000
/** What was sent apart and arrives together has waited somewhere. */
const TOGETHER_MS = 30
const APART_MS = 1000
/** Once is a hiccup. */
const BUNCHES = 2

export class Promptness {
  proven = false
  openedAt = 0
  #heardAt = 0
  #firstSent = 0
  #isBunch = false
  #bunches = 0

  /** @param {number} now */
  constructor(now) {
    this.startedAt = this.tickedAt = now
  }

  /** @param {number} now asked each second: gaps say that this page itself was held up */
  isOverdue(now) {
    this.tickedAt = now
    const due = this.openedAt ? this.openedAt + OPENING_MS : this.startedAt + CONNECTING_MS
    return !this.#heardAt && now > due
  }

  /** @type {(isHeartbeat: boolean, sent: number, now: number) => boolean} */
  isHeld(isHeartbeat, sent, now) {
    const isTogether = now - this.#heardAt < TOGETHER_MS
    this.#heardAt = now
    if (this.proven) this.#count(isTogether && now - this.tickedAt < 2 * LATE_MS, sent)
    else if (isHeartbeat) {
      this.proven = !isTogether || now - this.openedAt < LATE_MS
      this.#firstSent = sent
      return !this.proven
    }
    return this.#bunches >= BUNCHES
  }

  /** @type {(isTogether: boolean, sent: number) => void} */
  #count(isTogether, sent) {
    if (!isTogether) {
      this.#firstSent = sent
      this.#isBunch = false
    } else if (!this.#isBunch && sent - this.#firstSent > APART_MS) {
      this.#isBunch = true
      this.#bunches++
    }
  }
}
