/**
 * Where the log's outcomes come from: a stream of its own, in this tab alone and only while the log is open. Where no
 * stream gets through, the list of items, a page a second.
 */

import { get } from '../api.js'
import { element } from '../dom.js'
import { TallyLog } from '../elements/log.js'
import { askAdmission, below } from '../place.js'
import { atRest } from '../store.js'

/** @typedef {import('../elements/log.js').Entry} Entry */
/** @typedef {import('../types.js').Message} Message */

/** How many of those before are shown at first, and in one page where no stream gets through. */
const PAGE = 100
const AGAIN_MS = 3000
const BETWEEN_PAGES_MS = 1000

export class Log {
  #details = element('log', HTMLDetailsElement)
  #list = element('log-list', TallyLog)
  /** @type {string | null} the session whose outcomes are shown */
  #session = null
  /** @type {EventSource | null} */
  #source = null
  #timer = 0
  /** the newest outcome shown */
  #seq = 0
  /** @type {Entry[] | null} what the stream brought while those before were asked for */
  #waiting = null

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    this.store = store
    this.#details.ontoggle = () => (this.#details.open ? this.#look() : this.#close())
    store.addEventListener('draw', () => this.#look())
    addEventListener('pagehide', () => this.#close())
    this.#look()
  }

  #look() {
    const { message } = this.store
    if (message?.session_id !== this.#session) this.#restart(message?.session_id ?? null)
    if (!message || !this.#details.open) return
    const isMoving = !atRest(message)
    if (this.#seq === 0 && this.#waiting === null) void this.#begin(message)
    if (!isMoving || this.#source || this.#timer) return
    if (this.store.connection === 'polling') this.#page()
    else this.#stream()
  }

  /** @param {string | null} session */
  #restart(session) {
    this.#close()
    this.#session = session
    this.#seq = 0
    this.#waiting = null
    this.#list.clear()
  }

  #close() {
    clearTimeout(this.#timer)
    this.#timer = 0
    this.#source?.close()
    this.#source = null
  }

  /**
   * Ask for those just before; meanwhile what comes waits.
   *
   * @param {Message} message
   */
  async #begin({ session_id: session, seq }) {
    this.#waiting = []
    const before = await this.#items(Math.max(0, seq - PAGE))
    if (session !== this.#session) return
    const waited = this.#waiting
    this.#waiting = null
    this.#seq = Math.max(this.#seq, 1)
    this.#take(before)
    this.#take(waited)
  }

  #stream() {
    const source = new EventSource(below(`/api/ingest/stream/${this.#session}?outcomes=1&patch=1`))
    this.#source = source
    source.addEventListener('outcomes', ({ data }) => {
      const { items, skipped } = JSON.parse(data)
      this.#take(items, skipped)
    })
    source.addEventListener('end', () => this.#close())
    source.onerror = () => source.readyState === EventSource.CLOSED && this.#lost(source)
  }

  /**
   * An EventSource that was refused does not try again by itself.
   *
   * @param {EventSource} source
   */
  #lost(source) {
    void askAdmission(source)
    this.#close()
    this.#after(AGAIN_MS, () => this.#look())
  }

  #page() {
    this.#after(BETWEEN_PAGES_MS, async () => {
      const { message } = this.store
      const session = this.#session
      if (message?.session_id !== session) return
      // Further behind than a page: the newest matter more than all. Facts are outcomes, but for a few.
      const from = Math.max(this.#seq, message.seq - PAGE)
      const skipped = from - this.#seq
      this.#seq = from
      const items = await this.#items(from)
      if (session !== this.#session) return
      this.#take(items, skipped)
      this.#look()
    })
  }

  /**
   * @param {number} ms
   * @param {() => void} act
   */
  #after(ms, act) {
    this.#timer = setTimeout(() => {
      this.#timer = 0
      act()
    }, ms)
  }

  /** @param {number} after */
  async #items(after) {
    const query = new URLSearchParams({ after: String(after), limit: String(PAGE) })
    // Where the server gives no answer, the log begins with what comes.
    const answer = await get(`/api/ingest/items/${this.#session}?${query}`).catch(() => ({ items: [] }))
    return /** @type {{ items: Entry[] }} */ (answer).items
  }

  /**
   * @param {Entry[]} entries
   * @param {number} [skipped]
   */
  #take(entries, skipped = 0) {
    if (this.#waiting) return void this.#waiting.push(...entries)
    const fresh = entries.filter((entry) => entry.seq > this.#seq)
    this.#seq = fresh.at(-1)?.seq ?? this.#seq
    if (fresh.length || skipped) this.#list.add(fresh, skipped)
  }
}
