/**
 * What failed, by reason: how many files, which, when, and a button to try them again.
 *
 * A message names the last five at once; the API has the counts and the files soon after. A file is shown once, whichever
 * way it came. Files of a reason are asked for while that one is open.
 */

import { get, post } from '../api.js'
import { run } from '../command.js'
import { element, part } from '../dom.js'
import { elide } from '../format.js'
import { atRest, stepOf } from '../store.js'
import { isCutOff } from './broken.js'
import { Reason } from './reason.js'

/** @typedef {import('../types.js').Item} Item */
/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Failure} Failure */

const PAGE = 200
const BETWEEN_QUESTIONS_MS = 1000
/** A table of more rows than this makes the page heavy and helps nobody; the report has them all. */
const MOST_ROWS = 1000
/** While numbers move, tables are drawn often, so they hold fewer. */
const ROWS_IN_MOTION = 100
const RETRIABLE = new Set(['completed', 'cancelled', 'error'])

export class Failures {
  /** @type {Map<string, Reason>} by code */
  #reasons = new Map()
  /** @type {Message | null} as it was taken last */
  #message = null
  /** how many had failed when they were counted last; -1: that is to be asked */
  #counted = -1
  #isAsking = false

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    this.store = store
    const all = element('failures-retry', HTMLButtonElement)
    all.onclick = () => run(all, 'failures-trouble', () => post(`/api/ingest/retry-failed/${store.followed}`))
    store.addEventListener('draw', () => store.message && this.#take(store.message))
    if (store.message) this.#take(store.message)
  }

  /** @param {Message} message */
  #take(message) {
    const before = this.#message
    if (message === before) return
    this.#message = message
    if (message.session_id !== before?.session_id) this.#restart()
    // Fewer than before: some were tried again, and what was said of them holds no more.
    else if (message.stats.errors < before.stats.errors) this.#forget()
    // In a commit the same place names files that the catalog refused; those are another list.
    if (stepOf(message) !== 'commit') for (const trouble of message.errors) this.#reason(trouble.code).tell(key(trouble), trouble)
    this.#draw(message)
    void this.#ask()
  }

  /**
   * Show these too. Folders that could not be read are no items, and messages name only the last few.
   *
   * @param {Failure[]} failures
   */
  tell(failures) {
    for (const failure of failures) {
      const reason = this.#reason(failure.code ?? 'failed')
      reason.tell(key(failure), failure)
      reason.counted = Math.max(0, reason.counted)
    }
    if (this.#message) this.#draw(this.#message)
  }

  #restart() {
    this.#reasons.clear()
    this.#counted = -1
    part('failures-groups').replaceChildren()
  }

  #forget() {
    for (const reason of this.#reasons.values()) reason.forget()
    this.#counted = -1
  }

  /** @param {string} code */
  #reason(code) {
    const known = this.#reasons.get(code)
    if (known) return known
    const made = new Reason(code, () => post(`/api/ingest/retry-failed/${this.store.followed}`, { codes: [code] }))
    made.group.ontoggle = () => this.#message && this.#opened(made, this.#message)
    this.#reasons.set(code, made)
    part('failures-groups').append(made.row)
    return made
  }

  /**
   * @param {Reason} reason
   * @param {Message} message
   */
  #opened(reason, message) {
    reason.draw(most(message), canRetry(message))
    void this.#ask()
  }

  /** Ask for what is not known yet, one question after the other and not too often. */
  async #ask() {
    const message = this.#message
    if (this.#isAsking || !message || this.store.connection === 'offline' || !this.#isIncomplete(message)) return
    this.#isAsking = true
    // Where the server gives no answer, the messages still bring the newest, and the next one asks again.
    await this.#learn(message).catch(() => null)
    if (this.#message) this.#draw(this.#message)
    setTimeout(() => {
      this.#isAsking = false
      void this.#ask()
    }, BETWEEN_QUESTIONS_MS)
  }

  /** @param {Message} message */
  #isIncomplete({ stats }) {
    return this.#counted !== stats.errors || [...this.#reasons.values()].some((reason) => reason.wants(MOST_ROWS))
  }

  /** @param {Message} message */
  async #learn({ session_id: session, stats }) {
    if (this.#counted !== stats.errors) await this.#count(session, stats.errors)
    for (const reason of this.#reasons.values()) {
      if (!reason.wants(MOST_ROWS)) continue
      const query = new URLSearchParams({ outcome: 'failed', code: reason.code, after: String(reason.last), limit: String(PAGE) })
      const { items } = /** @type {{ items: Item[] }} */ (await get(`/api/ingest/items/${session}?${query}`))
      if (session !== this.#message?.session_id) return
      reason.list(items.map((item) => [key(item), item]))
    }
  }

  /**
   * @param {string} session
   * @param {number} errors
   */
  async #count(session, errors) {
    const counts = /** @type {{ reasons: { code: string, count: number }[] }} */ (
      errors ? await get(`/api/ingest/failures/${session}`) : { reasons: [] }
    )
    if (session !== this.#message?.session_id) return
    this.#counted = errors
    const known = new Map(counts.reasons.map(({ code, count }) => [code, count]))
    for (const code of known.keys()) this.#reason(code)
    for (const [code, reason] of this.#reasons) reason.counted = known.get(code) ?? 0
  }

  /** @param {Message} message */
  #draw(message) {
    const retriable = canRetry(message)
    for (const [code, reason] of this.#reasons) {
      if (reason.count > 0 || this.#counted !== message.stats.errors) reason.draw(most(message), retriable)
      else this.#drop(code, reason)
    }
    part('failures').hidden = this.#reasons.size === 0
    // With a single reason its own button is the one for all.
    part('failures-retry').hidden = !retriable || [...this.#reasons.values()].filter((reason) => reason.counted > 0).length < 2
  }

  /**
   * @param {string} code
   * @param {Reason} reason
   */
  #drop(code, reason) {
    this.#reasons.delete(code)
    reason.row.remove()
  }
}

/** @param {Message} message */
function most(message) {
  return atRest(message) ? MOST_ROWS : ROWS_IN_MOTION
}

/** @param {Message} message */
function canRetry(message) {
  return RETRIABLE.has(message.status) && !isCutOff(message)
}

/**
 * What a message and an item have in common.
 *
 * @param {Failure} failure
 */
function key({ file, code }) {
  return `${code}\n${elide(file)}`
}
