/**
 * The page's one live connection: a plain EventSource on the shared stream, made anew where the browser gives up.
 *
 * Dispatches `message` (detail: a session's whole state), `reset` and `end` (detail: what the server says of a session)
 * and `connection` (detail: a Connection).
 */

/** The server's heartbeat comes every 10 s; three missed ones mean that nobody is there. */
const SILENCE_MS = 32_000
const OFFLINE_AFTER_MS = 15_000
const LONGEST_WAIT_MS = 15_000

export class Stream extends EventTarget {
  /** @type {EventSource | null} */
  #source = null
  /** @type {string | null} */
  #session = null
  #lastId = ''
  #failures = 0
  #heardAt = Date.now()
  /** @type {number | null} */
  #lostAt = null
  /** @type {number | undefined} */
  #retry
  /** @type {number | undefined} */
  #watch

  constructor() {
    super()
    // A page kept in the back-forward cache would hold its connection open, one of the six a browser allows a server.
    addEventListener('pagehide', () => this.close())
    addEventListener('pageshow', (event) => event.persisted && this.#open())
    // Waits are long so that many pages do not come back at once; someone who looks at this one need not sit through them.
    addEventListener('online', () => this.#hurry())
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry())
  }

  /**
   * Follow this session too, beside all that are in motion.
   *
   * @param {string | null} session
   */
  start(session) {
    this.#session = session
    this.#lastId = ''
    this.#open()
  }

  close() {
    clearTimeout(this.#retry)
    clearInterval(this.#watch)
    this.#source?.close()
    this.#source = null
  }

  /** Try at once, if the connection is lost. */
  #hurry() {
    if (this.#lostAt !== null) this.#open()
  }

  #open() {
    this.close()
    const source = new EventSource(this.#url())
    this.#source = source
    this.#heardAt = Date.now()
    source.onopen = () => this.#alive(source)
    source.onerror = () => this.#lost(source)
    source.onmessage = (event) => this.#pass('message', event)
    for (const kind of ['reset', 'end']) source.addEventListener(kind, (event) => this.#pass(kind, event))
    source.addEventListener('heartbeat', () => this.#alive(source))
    this.#watch = setInterval(() => this.#watchSilence(), 1000)
  }

  #url() {
    const query = new URLSearchParams()
    if (this.#session) query.set('session', this.#session)
    // A new EventSource sends no Last-Event-ID, so the id travels in the address.
    if (this.#lastId) query.set('last_event_id', this.#lastId)
    return `/api/ingest/stream?${query}`
  }

  /**
   * @param {string} kind
   * @param {MessageEvent} event
   */
  #pass(kind, event) {
    this.#lastId = event.lastEventId
    this.#alive(event.target)
    this.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(event.data) }))
  }

  /** @param {EventTarget | null} source */
  #alive(source) {
    if (source !== this.#source) return
    this.#heardAt = Date.now()
    this.#failures = 0
    this.#lostAt = null
    this.#say('live')
  }

  /** @param {EventSource} source */
  #lost(source) {
    if (source !== this.#source) return
    this.#lostAt ??= Date.now()
    this.#sayLost()
    // CLOSED is for good: every engine gives up on an answer other than 200, such as a proxy's 502 while a server restarts.
    if (source.readyState === EventSource.CLOSED) this.#openLater()
  }

  #openLater() {
    const ceiling = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.#failures)
    this.#failures += 1
    clearTimeout(this.#retry)
    // Jitter: a hundred pages must not come back in the same instant.
    this.#retry = setTimeout(() => this.#open(), ceiling * (0.5 + Math.random() / 2))
  }

  /** A laptop that slept, or a cable pulled, ends no connection that the browser would notice. */
  #watchSilence() {
    if (this.#lostAt !== null) return this.#sayLost()
    if (Date.now() - this.#heardAt < SILENCE_MS) return
    this.#lostAt = Date.now()
    this.#sayLost()
    this.#open()
  }

  #sayLost() {
    this.#say(this.#lostAt !== null && Date.now() - this.#lostAt > OFFLINE_AFTER_MS ? 'offline' : 'reconnecting')
  }

  /** @param {import('./types.js').Connection} connection */
  #say(connection) {
    this.dispatchEvent(new CustomEvent('connection', { detail: connection }))
  }
}
