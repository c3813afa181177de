/** Speaks for the moving numbers: one polite live region, at each change of status and at most every few seconds between. */

import { part, write } from './dom.js'
import { failures, files } from './format.js'
import { atRest } from './store.js'
import { summary } from './steps.js'
import { t } from './text.js'

/** @typedef {import('./types.js').Message} Message */

const QUIET_MS = 10_000

export class Announcer {
  /** @param {import('./store.js').Store} store */
  constructor(store) {
    this.store = store
    /** what was spoken of last */
    this.session = ''
    this.status = ''
    this.connection = 'live'
    this.spokenAt = 0
    store.addEventListener('draw', () => this.#consider())
  }

  #consider() {
    const { message, connection } = this.store
    if (connection !== this.connection) this.#sayConnection(connection)
    if (!message) return
    const now = Date.now()
    const isSame = message.session_id === this.session && message.status === this.status
    if (isSame && (atRest(message) || now - this.spokenAt < QUIET_MS)) return
    this.session = message.session_id
    this.status = message.status
    this.#say(spoken(message), now)
  }

  /** @param {string} connection */
  #sayConnection(connection) {
    const wasUp = isUp(this.connection)
    this.connection = connection
    if (isUp(connection) === wasUp) return
    this.#say(t(wasUp ? 'spoken.lost' : 'spoken.back'), Date.now())
  }

  /**
   * @param {string} text
   * @param {number} now
   */
  #say(text, now) {
    this.spokenAt = now
    say(text)
  }
}

/**
 * Say something that stands elsewhere on the page and has changed without being touched.
 *
 * @param {string} text
 */
export function say(text) {
  write(part('announcer'), text)
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
  const { processed_files: done, total_files: total, progress, stats, commit } = message
  const said = summary(message)
  if (message.phase === 'commit') return t('spoken.commit', { summary: said, done: commit.done, count: commit.total })
  const errors = stats.errors ? `, ${failures(stats.errors)}` : ''
  if (atRest(message)) return t('spoken.rest', { summary: said, files: files(done), errors })
  return t(message.total_final ? 'spoken.process' : 'spoken.scan', { progress, done, files: files(total), errors })
}
