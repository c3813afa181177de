/** What a session has passed, with the time at which this page saw it. */

import { make, part } from '../dom.js'
import { timeOfDay } from '../format.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../text.js').Key} Key */

/** @type {[Key, (message: Message) => boolean][]} */
const MILESTONES = [
  ['milestone.first', ({ processed_files: done }) => done > 0],
  ['milestone.failure', ({ stats }) => stats.errors > 0],
  ['milestone.counted', ({ total_final: isFinal }) => isFinal],
  ['milestone.quarter', (message) => isThrough(message, 0.25)],
  ['milestone.half', (message) => isThrough(message, 0.5)],
  ['milestone.three_quarters', (message) => isThrough(message, 0.75)],
  ['milestone.all', ({ status }) => !['starting', 'processing', 'paused', 'held', 'cancelled', 'error'].includes(status)],
]

export class Milestones {
  /** @type {string | null} */
  #session = null
  /** @type {Set<Key>} */
  #passed = new Set()

  /** @param {Message} message */
  draw(message) {
    const isFirst = message.session_id !== this.#session
    if (isFirst) {
      this.#session = message.session_id
      this.#passed.clear()
      part('milestones-list').replaceChildren()
    }
    for (const [key, isPassed] of MILESTONES) {
      if (this.#passed.has(key) || !isPassed(message)) continue
      this.#passed.add(key)
      // What had been passed when the page was opened, it has no time of.
      part('milestones-list').append(row(key, isFirst ? null : message.t))
    }
    part('milestones').hidden = this.#passed.size === 0
  }
}

/**
 * @param {Message} message
 * @param {number} share
 */
function isThrough({ total_final: isFinal, processed_files: done, total_files: total }, share) {
  return isFinal && total > 0 && done >= share * total
}

/**
 * @param {Key} key
 * @param {number | null} at
 */
function row(key, at) {
  if (at === null) return make('li', {}, make('span', {}, t('milestone.earlier')), t(key))
  return make('li', {}, make('time', { dateTime: new Date(at * 1000).toISOString() }, timeOfDay(at)), t(key))
}
