/**
 * `<tally-log>`: outcomes as they come, the newest at the end. It keeps the last few thousand and draws those in sight, at
 * most once a frame, so that it costs the same at five files a second and at five thousand.
 *
 * It follows the end until somebody scrolls up, and again once they come back to it or press the button.
 */

import { make, write } from '../dom.js'
import { count, name } from '../format.js'
import { known, t } from '../text.js'

/** @typedef {{ seq: number, file: string, outcome: string, ms: number, code?: string }} Entry */
/** @typedef {Entry | { skipped: number }} Line */

const MOST = 2000
/** What may be over before the oldest are let go of: to move two thousand for each new one would be dear. */
const SLACK = 500
const ROW_REM = 1.75

/** Some lines, of which the oldest are let go of. */
class Tail {
  /** @type {Line[]} */
  lines = []
  /** how many have been let go of since it was last asked */
  #gone = 0

  /** @param {Line} line */
  push(line) {
    const newest = this.lines.at(-1)
    if (newest && 'skipped' in newest && 'skipped' in line) newest.skipped += line.skipped
    else this.lines.push(line)
    if (this.lines.length <= MOST + SLACK) return
    this.lines.splice(0, SLACK)
    this.#gone += SLACK
  }

  gone() {
    const gone = this.#gone
    this.#gone = 0
    return gone
  }
}

export class TallyLog extends HTMLElement {
  #all = new Tail()
  #failed = new Tail()
  #isFollowing = true
  #isDue = false
  #height = 28
  /** @type {HTMLElement[]} */
  #rows = []
  #only = make('input', { type: 'checkbox' })
  #follow = make('button', { type: 'button', className: 'quiet' }, t('log.follow'))
  #list = make('div', { className: 'log-lines', role: 'list' })
  #scroller = make('div', { className: 'log-scroller', tabIndex: 0, role: 'group', ariaLabel: t('log.lines') }, this.#list)
  #empty = make('p', { className: 'muted' })

  connectedCallback() {
    if (this.firstChild) return
    this.#height = ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize)
    this.#only.onchange = () => this.#show()
    this.#follow.onclick = () => this.#follows(!this.#isFollowing)
    this.#scroller.onscroll = () => this.#scrolled()
    const bar = make('div', { className: 'log-bar' }, make('label', {}, this.#only, t('log.failures')), this.#follow)
    this.append(bar, this.#scroller, this.#empty)
    this.#follows(true)
  }

  /**
   * @param {Iterable<Entry>} entries in order
   * @param {number} [skipped] how many before them nobody told
   */
  add(entries, skipped = 0) {
    for (const tail of skipped ? [this.#all, this.#failed] : []) tail.push({ skipped })
    for (const entry of entries) {
      this.#all.push(entry)
      if (entry.outcome === 'failed') this.#failed.push(entry)
    }
    this.#soon()
  }

  clear() {
    this.#all = new Tail()
    this.#failed = new Tail()
    this.#show()
  }

  get #tail() {
    return this.#only.checked ? this.#failed : this.#all
  }

  #show() {
    this.#tail.gone()
    this.#follows(true)
  }

  /** @param {boolean} isFollowing */
  #follows(isFollowing) {
    this.#isFollowing = isFollowing
    this.#follow.ariaPressed = String(isFollowing)
    this.#soon()
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller
    // Exactly, but for rounding: a smooth scroll begins with a pixel or two.
    const isAtEnd = scrollHeight - clientHeight - scrollTop < 2
    if (isAtEnd !== this.#isFollowing) this.#follows(isAtEnd)
    this.#soon()
  }

  #soon() {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.#draw()
    })
  }

  #draw() {
    const { lines } = this.#tail
    const gone = this.#tail.gone()
    write(this.#empty, lines.length ? '' : t(this.#only.checked ? 'log.no_failure' : 'log.nothing'))
    this.#list.style.height = `${lines.length * this.#height}px`
    // What is looked at stays where it is when older lines go.
    if (this.#isFollowing) this.#scroller.scrollTop = this.#scroller.scrollHeight
    else if (gone) this.#scroller.scrollTop -= gone * this.#height
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / this.#height))
    const many = Math.ceil(this.#scroller.clientHeight / this.#height) + 1
    this.#drawRows(lines.slice(first, first + many), first, lines.length)
  }

  /**
   * @param {Line[]} lines those in sight
   * @param {number} first the place of the first of them
   * @param {number} all
   */
  #drawRows(lines, first, all) {
    while (this.#rows.length < lines.length) this.#rows.push(this.#list.appendChild(row()))
    this.#rows.forEach((target, place) => {
      const line = lines[place]
      target.hidden = line === undefined
      if (line === undefined) return
      target.style.transform = `translateY(${(first + place) * this.#height}px)`
      target.ariaPosInSet = String(first + place + 1)
      target.ariaSetSize = String(all)
      fill(target, line)
    })
  }
}

function row() {
  const parts = [make('span', { className: 'log-outcome' }), make('bdi', { className: 'path' }), make('span', { className: 'log-ms' })]
  return make('div', { className: 'log-line', role: 'listitem' }, ...parts)
}

/**
 * @param {HTMLElement} target
 * @param {Line} line
 */
function fill(target, line) {
  const [outcome, file, ms] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ ([...target.children])
  const isSkip = 'skipped' in line
  target.dataset.outcome = isSkip ? 'skipped' : line.outcome
  write(outcome, isSkip ? '…' : told(line))
  write(file, isSkip ? t('log.skipped', { count: line.skipped }) : name(line.file))
  file.title = isSkip ? '' : name(line.file)
  write(ms, isSkip ? '' : `${count(Math.max(1, line.ms))} ms`)
}

/** @param {Entry} entry */
function told({ outcome, code }) {
  return (code && known(`reason.${code}`)) || known(`outcome.${outcome}`) || outcome
}

customElements.define('tally-log', TallyLog)
