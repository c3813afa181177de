/**
 * `<tally-grid>`: a grid of any number of items, of which only those on the screen are elements. What they are and how
 * one is drawn is given; the grid scrolls, asks for items a page at a time, and is used by keyboard as a list box.
 *
 * One cell has the focus at a time (roving tabindex), and stays in the document when it is scrolled out of sight. The
 * arrows, Home, End, Page Up and Page Down move; Enter opens, Space chooses; a press on `[data-choose]` inside a cell
 * chooses, one elsewhere opens.
 *
 * Dispatches `move` when `at` changes by a person's doing, `open` and `choose` (each with `{index, item}`), and
 * `trouble` with the error where a page could not be loaded: it is asked for again at the next scroll.
 */

import { Pages } from './pages.js'

/** @typedef {{ index: number, item: unknown }} Place */

/** Browsers lay nothing out beyond some millions of pixels; a longer grid scrolls in larger steps. */
const MOST_PX = 8_000_000
/** Rows beyond each edge, so that a short scroll shows no gap. */
const BEYOND = 1

export class TallyGrid extends HTMLElement {
  /**
   * Fill the cell of an item: its content, its name, whether it is chosen. What an earlier item left in it is gone but
   * for attributes. Required.
   *
   * @type {(item: any, cell: HTMLElement, index: number) => void}
   */
  draw = () => {}
  /** The least width of a cell, and what its height is beyond its width; in rem */
  least = 8
  caption = 3.25
  gap = 0.75

  #pages = new Pages()
  #total = 0
  #at = 0
  /** @type {Map<number, HTMLElement>} the cells in the document, by their index */
  #cells = new Map()
  /** @type {WeakMap<HTMLElement, unknown>} what each cell shows */
  #shown = new WeakMap()
  #space = document.createElement('div')
  #frame = 0
  #columns = 1
  #side = { width: 0, height: 0, gap: 0 }
  #sizes = new ResizeObserver(() => this.#measure())

  constructor() {
    super()
    this.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    this.addEventListener('keydown', (event) => this.#pressed(event))
    this.addEventListener('focusin', ({ target }) => this.#focused(target))
    this.addEventListener('click', (event) => this.#clicked(event))
    this.#space.setAttribute('role', 'presentation')
    this.#pages.onchange = () => this.#later()
    this.#pages.ontrouble = (error) => this.dispatchEvent(new CustomEvent('trouble', { detail: error }))
  }

  connectedCallback() {
    this.setAttribute('role', 'listbox')
    if (this.#space.parentNode !== this) this.append(this.#space)
    this.#sizes.observe(this)
  }

  disconnectedCallback() {
    this.#sizes.disconnect()
  }

  /** How many items there are. */
  get total() {
    return this.#total
  }

  set total(total) {
    this.#total = total
    this.#at = Math.max(0, Math.min(this.#at, total - 1))
    this.#measure()
  }

  /**
   * Asks for the items from `offset` on, at most `limit` of them. A new one forgets the items of the one before.
   *
   * @param {(offset: number, limit: number) => Promise<unknown[]>} load
   */
  set load(load) {
    this.#pages.from(load)
    this.#later()
  }

  /** The position that a keyboard is at; it is scrolled to where it is set. */
  get at() {
    return this.#at
  }

  set at(index) {
    this.#at = Math.max(0, Math.min(index, this.#total - 1))
    this.#reveal()
    this.#draw()
  }

  /** The first position of the row at the top; it is scrolled to where it is set. */
  get top() {
    return this.#side.height ? Math.round(this.scrollTop / this.#shrunk() / this.#step()) * this.#columns : 0
  }

  set top(index) {
    this.scrollTo({ top: Math.floor(index / this.#columns) * this.#step() * this.#shrunk() })
    this.#draw()
  }

  /** Ask for everything anew. What is shown stays until it is there. */
  refresh() {
    this.#pages.renew()
    this.#later()
  }

  /** Draw the cells of known items again: something that `draw` looks at has changed. */
  redraw() {
    this.#shown = new WeakMap()
    this.#later()
  }

  /**
   * The item at a position, loaded if need be; undefined where there is none.
   *
   * @param {number} index
   * @returns {Promise<any>}
   */
  item(index) {
    return this.#pages.item(index)
  }

  /**
   * An item has changed: show it as it is now.
   *
   * @param {number} index
   * @param {unknown} item
   */
  replace(index, item) {
    this.#pages.replace(index, item)
    this.#later()
  }

  /**
   * Focus the cell that a keyboard is at.
   *
   * @param {FocusOptions} [options]
   * @override
   */
  focus(options) {
    this.#draw()
    this.#cells.get(this.#at)?.focus(options)
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => this.#draw())
  }

  #scrolled() {
    this.#pages.forgive()
    this.#later()
  }

  #measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize)
    const gap = this.gap * rem
    const wide = this.clientWidth
    if (!wide) return this.#later()
    const isFirst = !this.#side.height
    const top = this.scrollTop && !isFirst ? this.#firstRow() * this.#columns : 0
    const wasSeen = isFirst || this.#isSeen()
    this.#columns = Math.max(1, Math.floor((wide + gap) / (this.least * rem + gap)))
    const width = (wide - gap * (this.#columns - 1)) / this.#columns
    this.#side = { width, height: width + this.caption * rem, gap }
    this.#space.style.height = `${Math.min(this.#length(), MOST_PX)}px`
    // When the window becomes wider, what was at the top stays there, and what a keyboard is at stays in sight.
    if (top) this.scrollTo({ top: this.#step() * Math.floor(top / this.#columns) * this.#shrunk() })
    if (wasSeen) this.#reveal()
    this.#later()
  }

  #step() {
    return this.#side.height + this.#side.gap
  }

  #length() {
    return Math.ceil(this.#total / this.#columns) * this.#step() - this.#side.gap
  }

  /** Pixels of the scrollbar for one of the whole length: 1, but of very many items less. */
  #shrunk() {
    const seen = this.clientHeight
    const length = this.#length()
    return length <= MOST_PX ? 1 : (MOST_PX - seen) / (length - seen)
  }

  #firstRow() {
    return Math.floor(this.scrollTop / this.#shrunk() / this.#step())
  }

  #rowsSeen() {
    return Math.max(1, Math.ceil(this.clientHeight / this.#step()))
  }

  #draw() {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    if (!this.clientHeight || !this.#side.height) return
    const { from, until } = this.#window()
    this.#pages.want(from, until)
    this.#assign(from, until)
    this.#order()
    for (const [index, cell] of this.#cells) this.#show(index, cell)
  }

  /** The positions that are drawn: a constant number of rows. */
  #window() {
    const rows = Math.ceil(this.#total / this.#columns)
    const drawn = this.#rowsSeen() + 1 + 2 * BEYOND
    const first = Math.max(0, Math.min(this.#firstRow() - BEYOND, rows - drawn))
    return { from: first * this.#columns, until: Math.min(this.#total, (first + drawn) * this.#columns) }
  }

  /**
   * Give each position that is drawn a cell, those of others first.
   *
   * @param {number} from
   * @param {number} until
   */
  #assign(from, until) {
    const isDrawn = (/** @type {number} */ index) =>
      (index >= from && index < until) || (index === this.#at && index < this.#total)
    const free = [...this.#cells.keys()].filter((index) => !isDrawn(index))
    for (let index = from; index < until; index++) this.#take(index, free)
    if (this.#total) this.#take(this.#at, free)
    for (const index of free) this.#drop(index)
  }

  /**
   * @param {number} index
   * @param {number[]} free positions whose cells may be taken
   */
  #take(index, free) {
    if (this.#cells.has(index)) return
    const other = free.pop()
    const cell = other === undefined ? document.createElement('div') : this.#cells.get(other)
    if (other !== undefined) this.#cells.delete(other)
    if (!cell) return
    cell.setAttribute('role', 'option')
    this.#shown.delete(cell)
    this.#cells.set(index, cell)
  }

  /** @param {number} index */
  #drop(index) {
    this.#cells.get(index)?.remove()
    this.#cells.delete(index)
  }

  /** Cells are read in the order of their items. The one with the focus is never moved, which would take it away. */
  #order() {
    const sorted = [...this.#cells].sort(([one], [other]) => one - other)
    let next = this.#space.firstChild
    for (const [, cell] of sorted) {
      while (next && next !== cell && cell === document.activeElement) {
        const moved = next
        next = next.nextSibling
        this.#space.append(moved)
      }
      if (next === cell) next = cell.nextSibling
      else this.#space.insertBefore(cell, next)
    }
  }

  /**
   * @param {number} index
   * @param {HTMLElement} cell
   */
  #show(index, cell) {
    this.#place(index, cell)
    const item = this.#pages.known(index)
    if (this.#shown.has(cell) && (item === undefined || this.#shown.get(cell) === item)) return
    cell.ariaPosInSet = String(index + 1)
    cell.ariaBusy = String(item === undefined)
    if (item === undefined) {
      // A cell that shows nothing yet must not tell what it showed before.
      if (cell.hasChildNodes()) cell.replaceChildren()
      cell.removeAttribute('aria-label')
      return
    }
    this.#shown.set(cell, item)
    this.draw(item, cell, index)
  }

  /**
   * @param {number} index
   * @param {HTMLElement} cell
   */
  #place(index, cell) {
    const { width, height, gap } = this.#side
    const row = Math.floor(index / this.#columns)
    const length = this.#length()
    const shift = length <= MOST_PX ? 0 : this.scrollTop - this.scrollTop / this.#shrunk()
    const top = Math.max(-height, Math.min(row * this.#step() + shift, Math.min(length, MOST_PX) - height))
    cell.style.width = `${width}px`
    cell.style.height = `${height}px`
    cell.style.transform = `translate(${(index % this.#columns) * (width + gap)}px, ${top}px)`
    cell.tabIndex = index === this.#at ? 0 : -1
    cell.ariaSetSize = String(this.#total)
    cell.dataset.index = String(index)
  }

  #isSeen() {
    const top = Math.floor(this.#at / this.#columns) * this.#step() - this.scrollTop / this.#shrunk()
    return top > -this.#side.height && top < this.clientHeight
  }

  /** Scroll just so far that the cell a keyboard is at is seen. */
  #reveal() {
    const row = Math.floor(this.#at / this.#columns)
    const top = row * this.#step()
    const shrunk = this.#shrunk()
    const seen = this.scrollTop / shrunk
    const below = top + this.#side.height - this.clientHeight
    if (top < seen) this.scrollTo({ top: top * shrunk })
    else if (below > seen) this.scrollTo({ top: Math.ceil(below * shrunk) })
  }

  /**
   * Not only keys move the focus: programs that read the screen do, too.
   *
   * @param {EventTarget | null} target
   */
  #focused(target) {
    const cell = target instanceof Element ? target.closest('[role="option"]') : null
    const index = cell instanceof HTMLElement ? Number(cell.dataset.index) : this.#at
    if (index === this.#at) return
    this.#at = index
    this.#later()
    this.dispatchEvent(new Event('move'))
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.altKey || event.metaKey || !this.#total) return
    if (event.key === 'Enter') void this.#tell('open', this.#at)
    else if (event.key === ' ') void this.#tell('choose', this.#at)
    else if (!this.#move(event.key)) return
    event.preventDefault()
  }

  /**
   * Whether this key moves.
   *
   * @param {string} key
   */
  #move(key) {
    const page = Math.max(1, this.#rowsSeen() - 1) * this.#columns
    const last = this.#total - 1
    const columns = this.#columns
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -page, PageDown: page }
    const by = moves[key] ?? (key === 'Home' ? -last : key === 'End' ? last : 0)
    if (!by) return false
    let to = this.#at + by
    // From a row whose end is open below, down goes to the last one; up from the first row stays.
    if (to > last && Math.floor(last / columns) === Math.floor(this.#at / columns)) to = this.#at
    if (to < 0 && key === 'ArrowUp') to = this.#at
    this.#go(Math.max(0, Math.min(to, last)))
    return true
  }

  /** @param {number} index */
  #go(index) {
    this.at = index
    this.focus({ preventScroll: true })
    this.dispatchEvent(new Event('move'))
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = event.target instanceof Element ? event.target : null
    const cell = target?.closest('[role="option"]')
    if (!(cell instanceof HTMLElement)) return
    const index = Number(cell.dataset.index)
    this.#go(index)
    void this.#tell(target?.closest('[data-choose]') ? 'choose' : 'open', index)
  }

  /**
   * @param {string} kind
   * @param {number} index
   */
  async #tell(kind, index) {
    const item = await this.#pages.item(index)
    if (item !== undefined) this.dispatchEvent(new CustomEvent(kind, { detail: { index, item } }))
  }
}

customElements.define('tally-grid', TallyGrid)
