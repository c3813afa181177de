/**
 * What the library is asked for: the words, their order, the places in what was found that the keyboard is at and that are
 * at the top. It stands in the address.
 */

import { element } from '../dom.js'

const WORD = /(?:-?[a-z]+:|-)?(?:"[^"]*"|[^\s"]+)/gi
const QUIET_MS = 300
/** Words of which one search has one at most: another takes its place. */
const SINGLE = /^(?!is:)[a-z]+:/i

export class Asked {
  q = ''
  sort = ''
  at = 0
  top = 0
  #timer = 0

  constructor() {
    this.read()
  }

  /** Take what the address says. */
  read() {
    const query = new URLSearchParams(location.search)
    this.q = query.get('q') ?? ''
    this.sort = query.get('sort') ?? 'newest'
    this.at = Math.max(0, Number(query.get('at')) || 0)
    this.top = Math.max(0, Number(query.get('top')) || 0)
  }

  /** Begin another search: a step back leads to the one before. */
  begin(q = this.q, sort = this.sort) {
    Object.assign(this, { q, sort, at: 0, top: 0 })
    clearTimeout(this.#timer)
    history.pushState(null, '', this.#address())
  }

  /**
   * Remember the places. Not at once: browsers refuse addresses that change too often.
   *
   * @param {{ at: number, top: number }} grid
   */
  moved({ at, top }) {
    Object.assign(this, { at, top })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => history.replaceState(null, '', this.#address()), QUIET_MS)
  }

  #address() {
    const query = new URLSearchParams()
    if (this.q) query.set('q', this.q)
    if (this.sort !== 'newest') query.set('sort', this.sort)
    if (this.at) query.set('at', String(this.at))
    if (this.top) query.set('top', String(this.top))
    return `${location.pathname}${query.size ? `?${query}` : ''}`
  }

  /** The query of `/api/media` for this. */
  query() {
    const { order = 'added', descending = 'true' } = element('sort', HTMLSelectElement).selectedOptions[0]?.dataset ?? {}
    return new URLSearchParams({ q: this.q, order, descending })
  }

  /** @param {string} word */
  has(word) {
    return words(this.q).includes(word)
  }

  /**
   * The search with this word, or without it where it has it.
   *
   * @param {string} word
   */
  toggled(word) {
    const all = words(this.q)
    if (all.includes(word)) return all.filter((other) => other !== word).join(' ')
    const [name] = SINGLE.exec(word) ?? []
    const kept = name ? all.filter((other) => !other.toLowerCase().startsWith(name)) : all
    return [...kept, word].join(' ')
  }
}

/**
 * @param {string} q
 * @returns {string[]}
 */
function words(q) {
  return q.match(WORD) ?? []
}
