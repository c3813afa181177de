/**
 * What the page knows: the newest message of every session it has heard of, which one it shows, and how it is connected.
 * Dispatches `change` after each change, and `draw` at most once a frame after any number of them: who shows what changed
 * does so then.
 */

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Connection} Connection */

/** Frames may fail to come, as those of a page that nobody sees do. */
const LATEST_MS = 250

const AT_REST = new Set(['completed', 'cancelled', 'error', 'committed', 'commit_error', 'undone', 'deleted'])
const COMMIT = new Set(['committing', 'committed', 'commit_error', 'undoing', 'undone'])

/** @param {Message} message */
export function atRest(message) {
  return AT_REST.has(message.status)
}

/**
 * Which of the four steps a session is at.
 *
 * @param {Message} message
 * @returns {'process' | 'preview' | 'commit'}
 */
export function stepOf(message) {
  if (COMMIT.has(message.status)) return 'commit'
  return atRest(message) ? 'preview' : 'process'
}

/**
 * @param {Message} one
 * @param {Message} other
 */
function isNewer(one, other) {
  return one.seq > other.seq || (one.seq === other.seq && one.t > other.t)
}

export class Store extends EventTarget {
  /** @type {string | null} the session the page shows; null while configuring */
  followed = null
  /** @type {string | null} why the followed session cannot be shown */
  unknown = null
  /** @type {Connection} */
  connection = 'connecting'
  /** @type {Map<string, Message>} */
  messages = new Map()
  /** @type {Set<string>} sessions whose next message counts, however old it looks */
  #renewed = new Set()
  #isDue = false

  /** The newest message of the followed session. */
  get message() {
    return (this.followed !== null && this.messages.get(this.followed)) || null
  }

  /** @param {string | null} session */
  follow(session) {
    this.followed = session
    this.unknown = null
    this.#changed()
    // Another page altogether: it must not be seen with what stood there before.
    this.#draw()
  }

  /**
   * Take a message in, unless a newer one is known: the answer of `/status` and the stream overtake each other.
   *
   * @param {Message} message
   */
  accept(message) {
    const known = this.messages.get(message.session_id)
    const renewed = this.#renewed.delete(message.session_id)
    if (known && !renewed && isNewer(known, message)) return
    this.messages.set(message.session_id, message)
    this.#changed()
  }

  /**
   * The server says that numbering starts anew, for one session or for all. What is shown stays until it is replaced.
   *
   * @param {string} [session]
   */
  renew(session) {
    for (const id of session === undefined ? this.messages.keys() : [session]) this.#renewed.add(id)
  }

  /**
   * The followed session does not exist, or no longer.
   *
   * @param {string} sentence
   */
  lose(sentence) {
    this.unknown = sentence
    this.#changed()
  }

  /** @param {Connection} connection */
  connected(connection) {
    if (connection === this.connection) return
    this.connection = connection
    this.#changed()
  }

  /** Have everything drawn, for who came late. */
  redraw() {
    this.#draw()
  }

  #changed() {
    this.dispatchEvent(new Event('change'))
    if (this.#isDue) return
    this.#isDue = true
    if (!document.hidden) requestAnimationFrame(() => this.#drawOnce())
    setTimeout(() => this.#drawOnce(), LATEST_MS)
  }

  #drawOnce() {
    if (this.#isDue) this.#draw()
  }

  #draw() {
    this.#isDue = false
    this.dispatchEvent(new Event('draw'))
  }
}
