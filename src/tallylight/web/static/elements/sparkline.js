/**
 * `<tally-sparkline name="…">`: the last two minutes of a number as a line. `add` a value with its time; `describe` writes
 * one, so that whoever cannot see the line is told now, least and most.
 */

import { t } from '../text.js'

const SECONDS = 120
/** The whole width is at least so many. */
const LEAST_S = 10
const HEIGHT = 32
/** Rates are worked out once a second; the same one comes again with all that is told in between. */
const STEP_S = 0.9
/** Further apart than this, two values are not joined: nothing was measured in between. */
const GAP_S = 5
const SVG = 'http://www.w3.org/2000/svg'

export class TallySparkline extends HTMLElement {
  /** @type {(value: number) => string} */
  describe = String
  /** @type {{ at: number, value: number }[]} oldest first */
  #points = []
  #line = document.createElementNS(SVG, 'path')
  #area = document.createElementNS(SVG, 'path')

  connectedCallback() {
    if (this.firstChild) return
    const picture = document.createElementNS(SVG, 'svg')
    picture.setAttribute('viewBox', `0 0 ${SECONDS} ${HEIGHT}`)
    picture.setAttribute('preserveAspectRatio', 'none')
    picture.setAttribute('aria-hidden', 'true')
    this.#area.setAttribute('class', 'area')
    picture.append(this.#area, this.#line)
    this.append(picture)
    this.setAttribute('role', 'img')
    this.#draw()
  }

  /**
   * @param {number} at seconds
   * @param {number} value
   */
  add(at, value) {
    const since = at - (this.#points.at(-1)?.at ?? -Infinity)
    if (since >= 0 && since < STEP_S) return
    // The server's clock was set back.
    if (since < 0) this.#points = []
    this.#points.push({ at, value })
    this.#points = this.#points.filter((point) => at - point.at <= SECONDS)
    this.#draw()
  }

  clear() {
    this.#points = []
    this.#draw()
  }

  #draw() {
    const values = this.#points.map((point) => point.value)
    const most = Math.max(...values)
    this.#line.setAttribute('d', this.#pieces(most).map((piece) => `M${piece.join('L')}`).join(''))
    this.#area.setAttribute('d', this.#pieces(most).map(closed).join(''))
    this.setAttribute('aria-label', this.#summary(values, most))
  }

  /**
   * The places of the points, `x y`, in pieces without a gap.
   *
   * @param {number} most
   */
  #pieces(most) {
    /** @type {string[][]} */
    const pieces = []
    const end = this.#points.at(-1)?.at ?? 0
    const start = this.#points[0]?.at ?? end
    const step = SECONDS / Math.max(LEAST_S, end - start)
    let before = -Infinity
    for (const { at, value } of this.#points) {
      const place = `${(SECONDS - (end - at) * step).toFixed(1)} ${(HEIGHT - 1 - (most ? value / most : 0) * (HEIGHT - 3)).toFixed(1)}`
      if (at - before > GAP_S) pieces.push([])
      pieces.at(-1)?.push(place)
      before = at
    }
    return pieces
  }

  /**
   * @param {number[]} values
   * @param {number} most
   */
  #summary(values, most) {
    const name = this.getAttribute('name') ?? ''
    const now = values.at(-1)
    if (now === undefined) return t('sparkline.empty', { name })
    const told = { name, now: this.describe(now), least: this.describe(Math.min(...values)), most: this.describe(most) }
    return t('sparkline.summary', told)
  }
}

/**
 * A piece with what is below it.
 *
 * @param {string[]} piece
 */
function closed(piece) {
  /** @param {string | undefined} place */
  const across = (place) => place?.split(' ')[0] ?? '0'
  return `M${across(piece[0])} ${HEIGHT}L${piece.join('L')}L${across(piece.at(-1))} ${HEIGHT}Z`
}

customElements.define('tally-sparkline', TallySparkline)
