/** Tells of the end of a session outside the page, where the user has said that it may. */

import { element, part, write } from '../dom.js'
import { failures, files } from '../format.js'
import { NAME } from '../place.js'
import { atRest } from '../store.js'
import { summary } from '../steps.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Message} Message */

const WISH = `${NAME}-notify`

export class Notify {
  #wish = element('notify', HTMLInputElement)
  /** @type {Message | null} */
  #before = null

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    // Without a secure context there are none.
    part('notify-label').hidden = !('Notification' in globalThis)
    if (!('Notification' in globalThis)) return
    this.#wish.checked = wish() === 'yes' && Notification.permission === 'granted'
    this.#wish.onchange = () => this.#choose()
    store.addEventListener('draw', () => this.#look(store.message))
  }

  async #choose() {
    write(part('notify-trouble'), '')
    if (this.#wish.checked && (await Notification.requestPermission()) !== 'granted') return this.#refuse()
    keep(this.#wish.checked ? 'yes' : 'no')
  }

  /** @param {Message | null} message */
  #look(message) {
    const before = this.#before
    this.#before = message
    if (!message || !before || message.session_id !== before.session_id) return
    if (!atRest(message) || atRest(before) || message.status === 'deleted') return
    if (!this.#wish.checked || !document.hidden) return
    try {
      tell(message)
    } catch {
      this.#refuse()
    }
  }

  #refuse() {
    this.#wish.checked = false
    write(part('notify-trouble'), t('notify.denied'))
    keep('no')
  }
}

/** What was wished for on an earlier page. A browser that keeps nothing for this site throws where it is asked. */
function wish() {
  try {
    return localStorage.getItem(WISH)
  } catch {
    return null
  }
}

/** @param {'yes' | 'no'} answer */
function keep(answer) {
  try {
    localStorage.setItem(WISH, answer)
  } catch {
    // It holds for this page.
  }
}

/**
 * @param {Message} message
 * @throws {TypeError} by browsers that have notifications, but let no page make one: those of Android.
 */
function tell(message) {
  const { processed_files: done, stats, session_id: session } = message
  const errors = stats.errors ? `, ${failures(stats.errors)}` : ''
  // Of several tabs that show it, one notification.
  const shown = new Notification(summary(message), { body: `${files(done)}${errors}`, tag: session })
  shown.onclick = () => {
    focus()
    shown.close()
  }
}
