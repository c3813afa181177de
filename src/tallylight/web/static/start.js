/** The first step: what to ingest, and the sessions so far. */

import { get, sentence } from './api.js'
import { Configure } from './configure/configure.js'
import { part, write } from './dom.js'
import { Sessions } from './sessions/sessions.js'

export class Start {
  /**
   * @param {import('./store.js').Store} store
   * @param {(session: string) => void} started is told of a session that was begun here
   */
  constructor(store, started) {
    this.configure = new Configure(started)
    this.sessions = new Sessions(store)
  }

  /** Show it anew, with what the server has by now. */
  async open() {
    this.configure.open()
    try {
      await Promise.all([this.sessions.load(), this.#fillLike(new URLSearchParams(location.search).get('like'))])
    } catch (error) {
      write(part('start-trouble'), sentence(error))
    }
  }

  /** @param {string | null} session whose settings to begin with */
  async #fillLike(session) {
    if (session === null) return
    const earlier = /** @type {import('./types.js').Session} */ (await get(`/api/ingest/session/${encodeURIComponent(session)}`))
    this.configure.fill(earlier.parameters)
  }
}
