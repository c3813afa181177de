/** Says at the head of the page whether what it shows is moving, and how it is connected; the icon says so too. */

import { part, write } from './dom.js'
import { Icon } from './icon.js'
import { atRest } from './store.js'
import { t } from './text.js'

export class Badge {
  /** @param {import('./store.js').Store} store */
  constructor(store) {
    this.store = store
    this.icon = new Icon()
    store.addEventListener('draw', () => this.#draw())
  }

  #draw() {
    const { connection, message } = this.store
    const isLive = connection === 'live' && this.#isMoving()
    part('connection').dataset.state = isLive ? 'on' : connection
    write(part('connection-text'), t(isLive ? 'connection.on' : `connection.${connection}`))
    this.icon.show(isLive, message?.total_final ? message.progress : null)
  }

  /** The session that the page shows; where it shows none of its own, any. */
  #isMoving() {
    const { followed, message, messages } = this.store
    if (followed !== null) return message !== null && !atRest(message)
    return [...messages.values()].some((one) => !atRest(one))
  }
}
