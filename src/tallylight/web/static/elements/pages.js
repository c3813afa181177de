/** Items of a long list, loaded a page at a time: those that are wanted now, and a bounded number of others. */

/** @typedef {(offset: number, limit: number) => Promise<unknown[]>} Load */

const PAGE = 100
/** Pages that are remembered: a few thousand items, however many there are. */
const MOST_PAGES = 40
/** Someone who scrolls through everything must not queue everything. */
const MOST_ASKED = 2

export class Pages {
  /** Called when items have come. */
  onchange = () => {}
  /** @type {(error: unknown) => void} called when a page has not */
  ontrouble = () => {}

  /** @type {Load | null} */
  #load = null
  /** @type {Map<number, unknown[]>} the one used last comes last */
  #known = new Map()
  /** @type {Set<number>} pages that are known and ask to be loaded again */
  #old = new Set()
  /** @type {Map<number, Promise<void>>} */
  #asked = new Map()
  /** @type {Set<number>} */
  #failed = new Set()
  /** The pages that are wanted */
  #from = 0
  #until = 0

  /** @param {Load} load */
  from(load) {
    this.#load = load
    this.#known.clear()
    this.#old.clear()
    this.#asked = new Map()
    this.#failed.clear()
  }

  /** Load everything anew that is wanted; until it is there, what is known stays. */
  renew() {
    this.#old = new Set(this.#known.keys())
    this.#asked = new Map()
    this.#failed.clear()
  }

  /** Pages that did not come may be asked for again. */
  forgive() {
    this.#failed.clear()
  }

  /** @param {number} index */
  known(index) {
    return this.#known.get(Math.floor(index / PAGE))?.[index % PAGE]
  }

  /**
   * @param {number} index
   * @returns {Promise<unknown>} undefined where there is none
   */
  async item(index) {
    if (index < 0) return undefined
    const page = Math.floor(index / PAGE)
    if (!this.#known.has(page)) await (this.#asked.get(page) ?? this.#ask(page))
    return this.known(index)
  }

  /**
   * @param {number} index
   * @param {unknown} item
   */
  replace(index, item) {
    const page = this.#known.get(Math.floor(index / PAGE))
    if (page) page[index % PAGE] = item
  }

  /**
   * These positions are on the screen: load what is missing of them, those of earlier calls no more.
   *
   * @param {number} from
   * @param {number} until
   */
  want(from, until) {
    this.#from = Math.floor(from / PAGE)
    this.#until = Math.ceil(until / PAGE)
    this.#next()
  }

  #next() {
    for (let page = this.#from; page < this.#until; page++) {
      if (this.#asked.size >= MOST_ASKED) return
      const isThere = this.#known.has(page) && !this.#old.has(page)
      if (!isThere && !this.#asked.has(page) && !this.#failed.has(page)) void this.#ask(page)
    }
  }

  /** @param {number} page */
  #ask(page) {
    const load = this.#load
    const asked = this.#asked
    if (!load) return Promise.resolve()
    const answer = load(page * PAGE, PAGE).then(
      // Answers to questions of before a change are worth nothing.
      (items) => asked === this.#asked && this.#keep(page, items),
      (error) => {
        if (asked !== this.#asked) return
        this.#failed.add(page)
        this.ontrouble(error)
      },
    ).then(() => {
      asked.delete(page)
      if (asked === this.#asked) this.#next()
    })
    asked.set(page, answer)
    return answer
  }

  /**
   * @param {number} page
   * @param {unknown[]} items
   */
  #keep(page, items) {
    this.#known.delete(page)
    this.#known.set(page, items)
    this.#old.delete(page)
    for (const other of this.#known.keys()) {
      if (this.#known.size <= MOST_PAGES) break
      if (other < this.#from || other >= this.#until) this.#known.delete(other)
    }
    this.onchange()
  }
}
