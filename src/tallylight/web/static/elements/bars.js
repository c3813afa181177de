/**
 * `<tally-bars>`: how many of each, as a table whose rows carry a bar, or, `upright`, as columns with that table for
 * those who do not see them. Dispatches `choose` with the value of a row that is pressed, where rows have one.
 */

import { make } from '../dom.js'
import { count } from '../format.js'

/** @typedef {{ label: string, count: number, value?: string, marked?: boolean }} Bar */

const SVG = 'http://www.w3.org/2000/svg'
/** Units of the drawing; it is stretched to its place. */
const WIDE = 100
const HIGH = 40

export class TallyBars extends HTMLElement {
  /**
   * @param {string} title
   * @param {Bar[]} bars
   * @param {{ upright?: boolean }} [options]
   */
  show(title, bars, { upright = false } = {}) {
    const most = Math.max(1, ...bars.map((bar) => bar.count))
    const rows = bars.map((bar) => this.#row(bar, most, upright))
    const table = make('table', {}, make('caption', {}, title), make('tbody', {}, ...rows))
    const focused = document.activeElement?.closest('tally-bars') === this ? document.activeElement?.textContent : null
    if (!upright) this.replaceChildren(table)
    else this.replaceChildren(make('p', { className: 'caption', ariaHidden: 'true' }, title), columns(bars, most), ends(bars), unseen(table))
    for (const button of this.querySelectorAll('button')) if (button.textContent === focused) button.focus()
  }

  /**
   * @param {Bar} bar
   * @param {number} most
   * @param {boolean} upright
   */
  #row({ label, count: value, value: chosen }, most, upright) {
    const head = make('th', { scope: 'row' }, chosen === undefined ? make('bdi', {}, label) : this.#button(label, chosen))
    const row = make('tr', {}, head, make('td', {}, count(value)))
    if (upright) return row
    const bar = make('span', { className: 'bar' })
    bar.style.width = `${(100 * value) / most}%`
    row.append(make('td', { className: 'drawn', ariaHidden: 'true' }, bar))
    return row
  }

  /**
   * @param {string} label
   * @param {string} value
   */
  #button(label, value) {
    const button = make('button', { type: 'button', className: 'plain' }, label)
    button.onclick = () => this.dispatchEvent(new CustomEvent('choose', { detail: value }))
    return button
  }
}

/**
 * @param {Bar[]} bars
 * @param {number} most
 */
function columns(bars, most) {
  const drawing = document.createElementNS(SVG, 'svg')
  drawing.setAttribute('viewBox', `0 0 ${WIDE} ${HIGH}`)
  drawing.setAttribute('preserveAspectRatio', 'none')
  drawing.setAttribute('aria-hidden', 'true')
  const wide = WIDE / bars.length
  bars.forEach((bar, place) => {
    const column = document.createElementNS(SVG, 'rect')
    // What is there at all can be seen, however much there is of others.
    const high = bar.count ? Math.max(1, (HIGH * bar.count) / most) : 0
    const [x, y] = [place * wide + wide * 0.08, HIGH - high]
    for (const [key, value] of Object.entries({ x, y, width: wide * 0.84, height: high })) column.setAttribute(key, `${value}`)
    if (bar.marked) column.dataset.marked = ''
    drawing.append(column)
  })
  return drawing
}

/** @param {Bar[]} bars */
function ends(bars) {
  const [first, last] = [bars[0]?.label ?? '', bars.length > 1 ? (bars.at(-1)?.label ?? '') : '']
  return make('p', { className: 'ends', ariaHidden: 'true' }, make('span', {}, first), make('span', {}, last))
}

/** @param {HTMLElement} table */
function unseen(table) {
  return make('div', { className: 'unseen' }, table)
}

customElements.define('tally-bars', TallyBars)
