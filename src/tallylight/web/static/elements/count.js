/** `<tally-count>`: a number that ticks. Set `value`; a change of it is drawn at once, and pulses at most now and then. */

import { write } from '../dom.js'
import { count } from '../format.js'
import { beat } from './beat.js'

export class TallyCount extends HTMLElement {
  #value = NaN

  get value() {
    return this.#value
  }

  set value(value) {
    if (value === this.#value) return
    // The first number is no change of any.
    if (!Number.isNaN(this.#value)) beat(this)
    this.#value = value
    write(this, count(value))
  }
}

customElements.define('tally-count', TallyCount)
