/** Speaks for the moving numbers: one polite live region, at each change of status and at most every few seconds between. */

import { part, write } from './dom.js'
import { count, counted, files } from './format.js'
import { atRest } from './store.js'
import { summary } from './steps.js'

/** @typedef {import('./types.js').Message} Message */

const QUIET_MS = 10_000

export class Announcer {
  /** @param {import('./store.js').Store} store */
  constructor(store) {
    this.store = store
    this.status = ''
    this.connection = 'live'
    this.spokenAt = 0
    store.addEventListener('change', () => this.#consider())
  }

  #consider() {
    const { message, connection } = this.store
    if (connection !== this.connection) this.#sayConnection(connection)
    if (!message) return
    const now = Date.now()
    if (message.status === this.status && (atRest(message) || now - this.spokenAt < QUIET_MS)) return
    this.status = message.status
    this.#say(spoken(message), now)
  }

  /** @param {string} connection */
  #sayConnection(connection) {
    const wasUp = isUp(this.connection)
    this.connection = connection
    if (isUp(connection) === wasUp) return
    this.#say(wasUp ? 'The connection is lost. Reconnecting.' : 'Connected again.', Date.now())
  }

  /**
   * @param {string} text
   * @param {number} now
   */
  #say(text, now) {
    this.spokenAt = now
    write(part('announcer'), text)
  }
}

/**
 * Whether numbers come, or are about to for the first time.
 *
 * @param {string} connection
 */
function isUp(connection) {
  return connection !== 'reconnecting' && connection !== 'offline'
}

/** @param {Message} message */
function spoken(message) {
  const { processed_files: processed, total_files: total, stats, commit } = message
  const errors = stats.errors ? `, ${counted(stats.errors, 'failure', 'failures')}` : ''
  if (message.phase === 'commit') return `${summary(message)}: ${count(commit.done)} of ${files(commit.total)}.`
  if (atRest(message)) return `${summary(message)}: ${files(processed)}${errors}.`
  const known = message.total_final ? `${message.progress}%, ` : ''
  return `Processing: ${known}${count(processed)} of ${message.total_final ? '' : 'at least '}${files(total)}${errors}.`
}
