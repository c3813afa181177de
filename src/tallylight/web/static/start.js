/** The first step: what to ingest, and the sessions so far. */

import { sentence } from './api.js'
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
      await this.sessions.load()
    } catch (error) {
      write(part('start-trouble'), sentence(error))
    }
  }
}
