/** The page's icon: the lamp, dark at rest; lit while numbers move, with a ring that fills as the work does. */

import { element } from './dom.js'
import { below } from './place.js'

/** Browsers that draw it anew flicker, or spend more on it than on the page. */
const BETWEEN_MS = 1000
const ROUND = 2 * Math.PI * 12

export class Icon {
  #link = element('favicon', HTMLLinkElement)
  #drawnAt = -BETWEEN_MS

  /**
   * @param {boolean} isLit
   * @param {number | null} percent null while it is not known
   */
  show(isLit, percent) {
    if (!isLit) return this.#set(below('/static/lamp-off.svg'))
    if (percent === null) return this.#set(below('/static/lamp.svg'))
    const now = performance.now()
    if (now - this.#drawnAt < BETWEEN_MS) return
    this.#drawnAt = now
    this.#set(`data:image/svg+xml,${encodeURIComponent(ring(percent))}`)
  }

  /** @param {string} href */
  #set(href) {
    if (this.#link.getAttribute('href') !== href) this.#link.setAttribute('href', href)
  }
}

/** @param {number} percent */
function ring(percent) {
  const circle = '<circle cx="16" cy="16" fill="none" stroke-width="4" r="12"'
  const filled = `stroke="#ff3b2f" stroke-dasharray="${(ROUND * percent) / 100} ${ROUND}" transform="rotate(-90 16 16)"`
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="1" y="1" width="30" height="30" rx="8" fill="#201d1c"/>' +
    `${circle} stroke="#5b5450"/>${circle} ${filled}/><circle cx="16" cy="16" r="6" fill="#ff3b2f"/></svg>`
  )
}
