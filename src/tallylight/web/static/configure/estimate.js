/** What the form as it stands would have to do, and how long that takes, said beside the button that starts it. */

import { isAbort, post, sentence } from '../api.js'
import { part, write } from '../dom.js'
import { bytes, duration, files } from '../format.js'
import { t } from '../text.js'

/** Milliseconds that the form must rest: a person who ticks one box after the other asks once. */
const REST = 300

export class Estimate {
  #asked = new AbortController()
  #timer = 0

  /** @param {object | null} parameters null where nothing can be started */
  ask(parameters) {
    this.#asked.abort()
    clearTimeout(this.#timer)
    write(part('estimate'), parameters ? t('configure.looking') : '')
    if (parameters) this.#timer = setTimeout(() => this.#look(parameters), REST)
  }

  /** @param {object} parameters */
  async #look(parameters) {
    this.#asked = new AbortController()
    try {
      const found = /** @type {import('../types.js').Estimate} */ (
        await post('/api/ingest/estimate', { parameters }, this.#asked.signal)
      )
      write(part('estimate'), told(found))
    } catch (error) {
      if (!isAbort(error)) write(part('estimate'), sentence(error))
    }
  }
}

/** @param {import('../types.js').Estimate} found */
function told({ files: count, bytes: size, unchanged, capped, expected_s: seconds }) {
  const least = (/** @type {string} */ what) => (capped ? t('configure.at_least', { what }) : what)
  const about = seconds === null ? t('configure.unknown') : least(t('configure.about', { time: duration(seconds) }))
  const estimate = t('configure.estimate', { files: least(files(count)), bytes: bytes(size), time: about })
  return unchanged ? t('configure.estimate_less', { estimate, files: files(unchanged) }) : estimate
}
