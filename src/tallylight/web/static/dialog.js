/** Asks before something is done that is hard to take back; says in the same place why it could not be done. */

import { run } from './command.js'
import { element, part, write } from './dom.js'

/**
 * The `<dialog>` with this id: its text is in `…-text`, its buttons are `…-yes` and `…-no`, trouble is told in `…-trouble`.
 * The browser brings the focus in, keeps it there, closes on Escape and gives the focus back.
 */
export class Dialog {
  #dialog
  #text
  #trouble
  #opener = ''
  /** @type {() => Promise<string | void>} */
  #act = async () => {}

  /** @param {string} id */
  constructor(id) {
    this.#dialog = element(id, HTMLDialogElement)
    this.#text = part(`${id}-text`)
    this.#trouble = `${id}-trouble`
    const yes = element(`${id}-yes`, HTMLButtonElement)
    yes.onclick = () => run(yes, this.#trouble, async () => {
      const place = await this.#act()
      this.#dialog.close()
      if (place) part(place).focus()
    })
    part(`${id}-no`).onclick = () => this.#dialog.close()
    // What asked may have been drawn anew meanwhile; then the browser does not find it, and leaves the focus for a moment
    // with what was pressed in the dialog.
    this.#dialog.onclose = () => {
      const focused = document.activeElement
      if (focused === document.body || this.#dialog.contains(focused)) document.getElementById(this.#opener)?.focus()
    }
  }

  /**
   * @param {string} text what will happen
   * @param {() => Promise<string | void>} act done where the answer is yes; answers with the id of what has the focus
   *   then, where what asked is gone
   */
  ask(text, act) {
    this.#act = act
    this.#opener = document.activeElement?.id ?? ''
    write(this.#text, text)
    write(part(this.#trouble), '')
    this.#dialog.showModal()
  }
}
