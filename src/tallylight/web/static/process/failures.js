/**
 * The failures as they happen: those in the messages at once, the full list from the API soon after.
 *
 * A message names the last five; the list of items has all of them. A row is one failure, whichever way it came.
 */

import { get } from '../api.js'
import { make, part, write } from '../dom.js'
import { count, elide, name, timeOfDay } from '../format.js'
import { atRest, stepOf } from '../store.js'

/** @typedef {import('../types.js').Item} Item */
/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Failure} Failure */

const PAGE = 200
const BETWEEN_QUESTIONS_MS = 1000
/** A table of more rows than this makes the page heavy and helps nobody; the report has them all. */
const MOST_ROWS = 1000
/** While numbers move, the table is drawn often, so it holds fewer. */
const ROWS_IN_MOTION = 100

const REASONS = new Map([
  ['empty', 'empty'],
  ['truncated', 'cut short'],
  ['unsupported', 'not readable'],
  ['damaged', 'damaged'],
  ['too_large', 'too large'],
  ['timeout', 'took too long'],
  ['crashed', 'crashed'],
  ['memory', 'out of memory'],
  ['permission', 'no permission'],
  ['vanished', 'vanished'],
  ['outside', 'outside the roots'],
  ['io_error', 'disk error'],
])

export class Failures {
  /** @type {Map<string, Failure>} as messages told them */
  #told = new Map()
  /** @type {Item[]} as the API lists them, oldest first */
  #listed = []
  /** @type {string | null} */
  #session = null
  #total = 0
  #most = ROWS_IN_MOTION
  #isAsking = false

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    this.store = store
    store.addEventListener('change', () => store.message && this.#take(store.message))
  }

  /** @param {Message} message */
  #take(message) {
    // Fewer than before: some were tried again, and what was said of them holds no more.
    if (message.session_id !== this.#session || message.stats.errors < this.#total) this.#restart(message.session_id)
    const known = this.#told.size
    // In a commit the same place names files that the catalog refused; those are another list.
    if (stepOf(message) !== 'commit') for (const trouble of message.errors) this.#told.set(key(trouble), trouble)
    const most = atRest(message) ? MOST_ROWS : ROWS_IN_MOTION
    if (this.#told.size !== known || this.#total !== message.stats.errors || this.#most !== most) {
      this.#total = message.stats.errors
      this.#most = most
      this.#forget()
      this.#draw()
    }
    void this.#list()
  }

  /**
   * Show these too. Folders that could not be read are no items, and messages name only the last few.
   *
   * @param {Failure[]} failures
   */
  tell(failures) {
    for (const failure of failures) if (!this.#told.has(key(failure))) this.#told.set(key(failure), failure)
    this.#draw()
  }

  /** @param {string} session */
  #restart(session) {
    this.#session = session
    this.#told.clear()
    this.#listed = []
    this.#total = 0
    this.#draw()
  }

  /** Ask for the failures after the last one listed, one page at a time and not too often. */
  async #list() {
    const isComplete = this.#listed.length >= Math.min(this.#total, MOST_ROWS)
    if (this.#isAsking || isComplete || this.store.connection !== 'live') return
    this.#isAsking = true
    const session = this.#session
    // Where the server gives no answer, the messages still bring the newest, and the next one asks again.
    const items = await this.#page().catch(() => [])
    if (session === this.#session) this.#listed.push(...items)
    if (items.length) this.#draw()
    setTimeout(() => this.#askAgain(), BETWEEN_QUESTIONS_MS)
  }

  #askAgain() {
    this.#isAsking = false
    void this.#list()
  }

  async #page() {
    const query = new URLSearchParams({ outcome: 'failed', limit: String(PAGE) })
    const last = this.#listed.at(-1)
    if (last) query.set('after', String(last.seq))
    const answer = /** @type {{items: Item[]}} */ (await get(`/api/ingest/items/${this.#session}?${query}`))
    return answer.items
  }

  /** Let go of the oldest; by now the list has them. */
  #forget() {
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MOST_ROWS) return
      this.#told.delete(oldest)
    }
  }

  #draw() {
    const shown = this.#newestFirst().slice(0, this.#most)
    part('failures').hidden = shown.length === 0
    part('failures-rows').replaceChildren(...shown.map(row))
    const missing = this.#total - shown.length
    write(part('failures-more'), missing > 0 ? `and ${count(missing)} more; the report has them all` : '')
  }

  /**
   * Those only messages know of yet, then the list.
   *
   * @returns {Failure[]}
   */
  #newestFirst() {
    const listed = new Set(this.#listed.map(key))
    const ahead = [...this.#told.values()].filter((trouble) => !listed.has(key(trouble)))
    const known = this.#listed.map((item) => ({ ...this.#told.get(key(item)), ...item }))
    return [...known, ...ahead].reverse()
  }
}

/**
 * What a message and an item have in common.
 *
 * @param {{file: string, code: string | null}} failure
 */
function key({ file, code }) {
  return `${code}\n${elide(file)}`
}

/** @param {Failure} failure */
function row({ at, file, code, message }) {
  const when = make('td', { className: 'when' }, at === undefined ? '' : timeOfDay(at))
  const what = make('td', {}, make('bdi', { className: 'path', title: name(file) }, name(file)))
  const reason = make('span', { className: 'tag' }, REASONS.get(code ?? '') ?? code ?? 'failed')
  return make('tr', {}, when, what, make('td', {}, reason, ' ', make('span', {}, message)))
}
