/** One reason for which files failed: its count, its files, and a button to try them again. */

import { run } from '../command.js'
import { make, write } from '../dom.js'
import { count, files, name, timeOfDay } from '../format.js'
import { known, t } from '../text.js'

/** @typedef {import('../types.js').Item} Item */
/** @typedef {import('../types.js').Failure} Failure */

/** So few are shown without being asked for. */
const FEW = 10
/** Of failures that only messages have told. */
const MOST_TOLD = 100

export class Reason {
  /** as the API counts them; -1 until it has. Folders that could not be read are not among them */
  counted = -1
  /** @type {Map<string, Failure>} as messages told them */
  #told = new Map()
  /** @type {Item[]} as the API lists them, oldest first */
  #listed = []
  /** @type {Set<string>} the keys of those listed */
  #keys = new Set()
  /** @type {Failure[] | null} all that are known, until one more is */
  #all = null
  /** what the table shows, so that it is drawn anew only where that changes */
  #shown = ''
  #rows = make('tbody')
  #count = make('span')
  #more = make('p', { className: 'muted' })
  #retry
  #wasOpened = false

  /**
   * @param {string} code
   * @param {() => Promise<unknown>} retry
   */
  constructor(code, retry) {
    this.code = code
    const words = known(`reason.${code}`) ?? code
    this.#retry = make('button', { type: 'button', className: 'quiet', hidden: true }, t('failures.retry'))
    this.#retry.ariaLabel = t('failures.retry_reason', { reason: words })
    this.#retry.onclick = () => run(this.#retry, 'failures-trouble', retry)
    const titles = [t('failures.time'), t('failures.file'), t('failures.what')].map((title) => make('th', { scope: 'col' }, title))
    const table = make('table', { className: 'failures' }, make('thead', {}, make('tr', {}, ...titles)), this.#rows)
    const summary = make('summary', {}, make('span', { className: 'tag' }, words), ' ', this.#count)
    this.group = make('details', {}, summary, table, this.#more)
    this.row = make('li', { className: 'reason' }, this.group, this.#retry)
  }

  /** How many there are, as far as anybody has said. */
  get count() {
    return Math.max(this.counted, this.#known.length)
  }

  /** The number of the last one listed. */
  get last() {
    return this.#listed.at(-1)?.seq ?? 0
  }

  /**
   * Whether there are files to ask for, up to so many.
   *
   * @param {number} most
   */
  wants(most) {
    return this.group.open && this.#listed.length < Math.min(this.counted, most)
  }

  /**
   * @param {string} key
   * @param {Failure} failure
   */
  tell(key, failure) {
    if (this.#told.has(key)) return
    this.#told.set(key, failure)
    this.#all = null
    // By now the list has the oldest.
    for (const oldest of this.#told.keys()) if (this.#told.size > MOST_TOLD) this.#told.delete(oldest)
  }

  /** @param {[string, Item][]} items that follow those listed */
  list(items) {
    for (const [key, item] of items) {
      this.#listed.push(item)
      this.#keys.add(key)
    }
    this.#all = null
    // Whatever the API counted just now, these are all there are yet.
    if (items.length === 0) this.counted = Math.min(this.counted, this.#listed.length)
  }

  /** What was said of its files holds no more; the count stands until there is another. */
  forget() {
    this.#told.clear()
    this.#listed = []
    this.#keys.clear()
    this.#all = null
  }

  /**
   * @param {number} most rows
   * @param {boolean} canRetry
   */
  draw(most, canRetry) {
    const { count: all } = this
    // Once it is known how many there are: messages tell of five at most.
    if (!this.#wasOpened && this.counted >= 0) this.group.open = all <= FEW
    this.#wasOpened ||= this.counted >= 0
    write(this.#count, files(all))
    this.#retry.hidden = !canRetry || this.counted <= 0
    if (!this.group.open) return
    const shown = this.#known.slice(-most).reverse()
    const mark = `${all} ${shown.length} ${shown[0]?.file} ${shown[0]?.at}`
    if (mark === this.#shown) return
    this.#shown = mark
    this.#rows.replaceChildren(...shown.map(row))
    write(this.#more, all > shown.length ? t('failures.more', { left: count(all - shown.length) }) : '')
  }

  /** Those listed, then those that only messages know of yet. */
  get #known() {
    const ahead = () => [...this.#told].filter(([key]) => !this.#keys.has(key)).map(([, told]) => told)
    return (this.#all ??= [...this.#listed, ...ahead()])
  }
}

/** @param {Failure} failure */
function row({ at, file, message }) {
  const when = make('td', { className: 'when' }, at === undefined ? '' : timeOfDay(at))
  const what = make('td', {}, make('bdi', { className: 'path', title: name(file) }, name(file)))
  return make('tr', {}, when, what, make('td', {}, message))
}
