/** What was found, in charts: by type, model, score, size and month, and how many a threshold of the NSFW score takes. */

import { get } from '../api.js'
import { run } from '../command.js'
import { element, part, write } from '../dom.js'
import { TallyBars } from '../elements/bars.js'
import { bytes, name, percent } from '../format.js'
import { LANGUAGE, t } from '../text.js'
import { Counting } from './counting.js'

/** @typedef {import('../types.js').Facets} Facets */
/** @typedef {import('../elements/bars.js').Bar} Bar */

const MOST_MONTHS = 36
const MOST_ROWS = 8
const NSFW_COLUMNS = 20
const months = new Intl.DateTimeFormat(LANGUAGE, { month: 'short', year: 'numeric', timeZone: 'UTC' })

/** Dispatches `veil` with the threshold as it moves, and `narrow` with what is to be shown alone. */
export class Charts extends EventTarget {
  /** @type {Counting<Facets>} */
  #counting = new Counting()
  /** @type {number[]} files by NSFW score, in classes of the same width */
  #nsfw = []
  #threshold = element('nsfw-threshold', HTMLInputElement)

  /** @param {(choice: object) => Promise<unknown>} exclude */
  constructor(exclude) {
    super()
    this.#threshold.oninput = () => this.#veil()
    const button = element('nsfw-exclude', HTMLButtonElement)
    button.onclick = () => run(button, 'charts-trouble', () => exclude({ nsfw: this.threshold }))
    part('nsfw-show').onclick = () => this.#narrow({ nsfw: String(this.threshold) })
    bars('chart-type').addEventListener('choose', (event) => event instanceof CustomEvent && this.#narrow({ name: event.detail }))
  }

  get threshold() {
    return Number(this.#threshold.value) / 100
  }

  /** @param {number} threshold 0 to 1 */
  set threshold(threshold) {
    this.#threshold.value = String(Math.round(threshold * 100))
    this.#veil()
  }

  clear() {
    this.#counting.stop()
    part('charts').hidden = true
  }

  /**
   * @param {string} session
   * @param {boolean} canChoose
   */
  async load(session, canChoose) {
    part('nsfw-exclude').hidden = !canChoose
    const tell = (/** @type {string} */ trouble) => write(part('charts-trouble'), trouble)
    tell('')
    const ask = () => /** @type {Promise<Facets>} */ (get(`/api/ingest/facets/${session}`))
    // The server takes its time for each answer, so there is no pause between two.
    await this.#counting.start({ ask, take: (found) => this.#draw(found), tell }, 0)
  }

  #veil() {
    this.#drawNsfw()
    this.dispatchEvent(new CustomEvent('veil', { detail: this.threshold }))
  }

  /** @param {Facets} found */
  #draw(found) {
    part('charts').hidden = found.files === 0
    write(part('charts-counting'), found.complete ? '' : t('charts.counting', { count: found.files }))
    const types = Object.entries(found.type).map(([type, count]) => ({ label: type || t('charts.none'), count, ...(type && { value: `*.${type}` }) }))
    show('chart-type', t('charts.type'), types, 1)
    show('chart-model', t('charts.model'), few(found.model), 2)
    const scores = Object.entries(found.score).sort(([one], [other]) => Number(other || -9) - Number(one || -9))
    show('chart-score', t('charts.score'), scores.map(([score, count]) => ({ label: stars(score), count })), 2)
    show('chart-size', t('charts.size'), sizes(found.size), 1)
    show('chart-month', t('charts.month'), spans(found.month), 2, true)
    this.#nsfw = found.nsfw
    part('nsfw').hidden = !found.nsfw.some(Boolean)
    this.#drawNsfw()
  }

  #drawNsfw() {
    const from = Math.round(this.threshold * 100)
    const reached = this.#nsfw.reduce((sum, files, place) => sum + (place >= from ? files : 0), 0)
    write(part('nsfw-value'), percent(from))
    write(part('nsfw-reached'), t('charts.reached', { count: reached, score: percent(from) }))
    write(part('nsfw-exclude'), t('charts.exclude', { count: reached }))
    const width = this.#nsfw.length / NSFW_COLUMNS
    const columns = Array.from({ length: NSFW_COLUMNS }, (_, place) => {
      const files = this.#nsfw.slice(place * width, (place + 1) * width)
      const count = files.reduce((sum, each) => sum + each, 0)
      return { label: percent((place * 100) / NSFW_COLUMNS), count, marked: place * width >= from }
    })
    if (this.#nsfw.length) bars('chart-nsfw').show(t('charts.nsfw'), columns, { upright: true })
  }

  /** @param {{ name?: string, nsfw?: string }} filter */
  #narrow(filter) {
    this.dispatchEvent(new CustomEvent('narrow', { detail: filter }))
  }
}

/** @param {string} id */
function bars(id) {
  return element(id, TallyBars)
}

/**
 * A chart that has something to compare.
 *
 * @param {string} id
 * @param {string} title
 * @param {Bar[]} shown
 * @param {number} least
 * @param {boolean} [upright]
 */
function show(id, title, shown, least, upright = false) {
  bars(id).hidden = shown.length < least
  bars(id).show(title, shown, { upright })
}

/**
 * Those with most files, the rest as one.
 *
 * @param {Record<string, number>} values
 */
function few(values) {
  const sorted = Object.entries(values).filter(([value]) => value !== 'other').sort(([, one], [, other]) => other - one)
  const rest = sorted.slice(MOST_ROWS).reduce((sum, [, count]) => sum + count, values['other'] ?? 0)
  const told = sorted.slice(0, MOST_ROWS).map(([value, count]) => ({ label: value ? name(value) : t('charts.none'), count }))
  return rest ? [...told, { label: t('charts.other'), count: rest }] : told
}

/** @param {string} score */
function stars(score) {
  if (score === '') return t('charts.none')
  return Number(score) < 0 ? t('plan.rejected') : `★ ${score}`
}

/** @param {Facets['size']} size */
function sizes({ ends, files }) {
  const all = files.map((count, place) => {
    const [from, to] = [ends[place - 1], ends[place]]
    const label = to === undefined ? t('charts.over', { size: bytes(from ?? 0) }) : t('charts.under', { size: bytes(to) })
    return { label, count }
  })
  const some = all.flatMap(({ count }, place) => (count ? [place] : []))
  return all.slice(some[0] ?? 0, (some.at(-1) ?? -1) + 1)
}

/**
 * Months, without gaps; years where they are too many.
 *
 * @param {Record<string, number>} found
 */
function spans(found) {
  const known = Object.entries(found).filter(([month]) => /^\d{4}-(0[1-9]|1[0-2])$/.test(month)).sort()
  const [first, last] = [known[0]?.[0], known.at(-1)?.[0]]
  if (first === undefined || last === undefined) return []
  const number = (/** @type {string} */ month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1
  const isByYear = number(last) - number(first) >= MOST_MONTHS
  const place = (/** @type {string} */ month) => (isByYear ? Number(month.slice(0, 4)) : number(month))
  const [from, to] = [place(first), place(last)]
  // A camera without a clock says 1980, a typing error 9999: a century is as far as a chart goes.
  const spanned = Array.from({ length: Math.min(to - from + 1, 100) }, (_, at) => ({
    label: isByYear ? String(from + at) : months.format(Date.UTC(Math.floor((from + at) / 12), (from + at) % 12)),
    count: 0,
  }))
  for (const [month, count] of known) {
    const bar = spanned[place(month) - from]
    if (bar) bar.count += count
  }
  return spanned
}
