/** Shows the panel of the step that the session is at, and tells it in the navigation, the title and the icon. */

import { part, write } from './dom.js'
import { percent } from './format.js'
import { stepOf } from './store.js'
import { known, t } from './text.js'

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./types.js').Message} Message */

const PANELS = ['opening', 'unknown', 'configure', 'process', 'preview', 'commit']

export class Steps {
  /** @param {Store} store */
  constructor(store) {
    this.store = store
    this.shown = ''
    store.addEventListener('draw', () => this.draw())
  }

  draw() {
    const panel = this.#panel()
    if (panel !== this.shown) this.#show(panel)
    const title = this.#title()
    if (document.title !== title) document.title = title
    // What draws after this may hide what has the focus, without another panel: a button that did its work.
    const focused = document.activeElement
    queueMicrotask(() => focused?.closest('[hidden]') && this.#focusTitle(panel))
  }

  #panel() {
    const { followed, unknown, message } = this.store
    if (followed === null) return 'configure'
    if (unknown !== null) return 'unknown'
    return message ? stepOf(message) : 'opening'
  }

  /** @param {string} panel */
  #show(panel) {
    const focused = document.activeElement
    // Below something hidden nobody could close it, and all else would stay out of reach.
    for (const dialog of document.querySelectorAll('dialog')) dialog.close()
    for (const id of PANELS) part(id).hidden = id !== panel
    part('session').hidden = !['process', 'preview', 'commit'].includes(panel)
    this.#drawNavigation(panel)
    write(part('unknown-text'), this.store.unknown ?? '')
    // What had the focus is gone; without this a keyboard would start again at the top of the page.
    if (this.shown && (focused?.closest('[hidden]') || focused === document.body)) this.#focusTitle(panel)
    if (this.shown === 'configure') scrollTo({ top: 0 })
    this.shown = panel
  }

  /** @param {string} panel */
  #focusTitle(panel) {
    document.getElementById(`${panel}-title`)?.focus()
  }

  /** @param {string} panel */
  #drawNavigation(panel) {
    let past = true
    for (const item of part('steps').children) {
      const current = item.getAttribute('data-step') === panel
      if (current) past = false
      item.toggleAttribute('data-done', past && panel !== 'unknown' && panel !== 'opening')
      if (current) item.setAttribute('aria-current', 'step')
      else item.removeAttribute('aria-current')
    }
  }

  #title() {
    const { message } = this.store
    return message ? `${summary(message)} · Tallylight` : 'Tallylight'
  }
}

/**
 * Where a session stands, in a few words.
 *
 * @param {Message} message
 */
export function summary(message) {
  const { status, progress, processed_files: count } = message
  const told = known(`status.${status}`)
  if (told !== undefined) return told.replace('{progress}', String(progress))
  return message.total_final ? percent(progress) : t('status.counting', { count })
}
