/** What a commit would do: its classes as tabs, the files of each as a grid, and which of them are left out of it. */

import { get, post, sentence } from '../api.js'
import { run } from '../command.js'
import { element, part, write } from '../dom.js'
import { TallyGrid } from '../elements/grid.js'
import { percent } from '../format.js'
import { below } from '../place.js'
import { t } from '../text.js'
import { drawCell, isCommitted } from './cell.js'
import { Counting } from './counting.js'
import { Details } from './details.js'
import { Tabs } from './tabs.js'

/** @typedef {import('../types.js').PreviewPage} PreviewPage */
/** @typedef {import('../types.js').PreviewItem} PreviewItem */
/** @typedef {import('../types.js').PreviewCounts} PreviewCounts */

const PAGE = 100
/** While a long session is looked at, its counts still grow. */
const ASK_AGAIN_MS = 1000
/** Typing a filter asks once it pauses. */
const PAUSE_MS = 250

export class Diff extends EventTarget {
  /** @type {PreviewCounts | null} the newest that is known; `change` is dispatched when it changes */
  counts = null
  /** How files are drawn. Until it is known what is to be veiled, all that is scored is. */
  #look = { session: '', threshold: 0, revealed: /** @type {Set<number>} */ (new Set()), canChoose: true }
  /** @type {string | null} */
  #session = null
  /** @type {Record<string, string>} what of the tab is shown: by name, by score */
  #filter = {}
  #total = 0
  /** @type {Counting<PreviewPage>} */
  #counting = new Counting()
  #typed = 0
  #grid = element('plan-grid', TallyGrid)
  #tabs = new Tabs(() => this.#open())
  #details = new Details(this.#grid, this.#look, (index, item, tell) => this.#toggle(index, item, tell))

  constructor() {
    super()
    this.#grid.draw = (item, cell) => drawCell(item, cell, this.#look)
    this.#grid.addEventListener('choose', (event) => event instanceof CustomEvent && this.#toggle(event.detail.index, event.detail.item))
    this.#grid.addEventListener('open', (event) => event instanceof CustomEvent && this.#details.open(event.detail.index))
    this.#grid.addEventListener('trouble', (event) => event instanceof CustomEvent && this.#tell(event.detail))
    for (const [id, command] of /** @type {const} */ ([['plan-exclude', 'exclude'], ['plan-include', 'include']])) {
      const button = element(id, HTMLButtonElement)
      button.onclick = () => run(button, 'plan-trouble', () => this.#choose(command, this.#chosen()))
    }
    const names = element('plan-names', HTMLInputElement)
    names.oninput = () => {
      clearTimeout(this.#typed)
      this.#typed = setTimeout(() => this.narrow({ name: names.value.trim() }), PAUSE_MS)
    }
    part('plan-everything').onclick = () => {
      names.value = ''
      this.narrow({ name: '', nsfw: '' })
      names.focus()
    }
  }

  /**
   * @param {string} session
   * @param {boolean} canChoose false once a commit has begun
   */
  async load(session, canChoose) {
    this.clear()
    this.#session = session
    Object.assign(this.#look, { session, canChoose })
    // Before the first counts there is no panel to tell it in.
    const tell = (/** @type {string} */ trouble) => write(part(this.counts ? 'plan-trouble' : 'commit-trouble'), trouble)
    await this.#counting.start({ ask: () => this.#ask({ limit: '1' }), take: (counts) => this.#count(counts), tell }, ASK_AGAIN_MS)
  }

  clear() {
    this.#counting.stop()
    this.#session = null
    this.counts = null
    this.#tabs.shown = null
    this.#filter = {}
    this.#grid.total = 0
    this.#look.revealed.clear()
    element('plan-names', HTMLInputElement).value = ''
    write(part('plan-trouble'), '')
  }

  /**
   * Veil what is scored so high.
   *
   * @param {number} threshold
   */
  veil(threshold) {
    this.#look.threshold = threshold
    this.#grid.redraw()
  }

  /**
   * Show only those files of the tab that fit.
   *
   * @param {{ name?: string, nsfw?: string }} filter an empty text takes one away
   */
  narrow(filter) {
    const now = Object.entries({ ...this.#filter, ...filter }).filter(([, value]) => value !== '')
    if (JSON.stringify(now) === JSON.stringify(Object.entries(this.#filter))) return
    this.#filter = Object.fromEntries(now)
    element('plan-names', HTMLInputElement).value = this.#filter['name'] ?? ''
    void this.#open()
  }

  /** @param {object} choice for all of the session, whatever is shown */
  exclude(choice) {
    return this.#choose('exclude', choice)
  }

  /** @param {unknown} error */
  #tell(error) {
    write(part('plan-trouble'), sentence(error))
  }

  /** @param {PreviewPage} counts */
  async #count(counts) {
    const isFirst = this.counts === null
    this.#take(counts)
    if (isFirst || counts.complete) await this.#open()
    else this.#grow(counts)
  }

  /**
   * @param {Record<string, string>} query
   * @returns {Promise<PreviewPage>}
   */
  #ask(query) {
    return get(`/api/ingest/preview/${this.#session}?${new URLSearchParams(query)}`)
  }

  /**
   * More was looked at. What is shown stays where it is; a part of a class waits until all is known.
   *
   * @param {PreviewCounts} counts
   */
  #grow({ files, unlisted }) {
    const { shown } = this.#tabs
    if (!shown || shown === 'conflicts' || Object.keys(this.#filter).length) return
    this.#measure((files[shown] ?? 0) - (unlisted[shown] ?? 0))
    this.#grid.refresh()
  }

  /** What is shown, as the query of a page. */
  #query() {
    const { shown } = this.#tabs
    return { ...(shown === 'conflicts' ? { conflicts: 'true' } : { class: shown ?? 'new' }), ...this.#filter }
  }

  /** The same as the body of a command. */
  #chosen() {
    const { shown } = this.#tabs
    const { name = '', nsfw } = this.#filter
    const filter = { ...(name && { name }), ...(nsfw !== undefined && { nsfw: Number(nsfw) }) }
    return shown === 'conflicts' ? { conflicts: true, ...filter } : { class: [shown], ...filter }
  }

  /** Fill the grid with what is chosen now. */
  async #open() {
    const query = this.#query()
    const session = this.#session
    const isMeant = () => session === this.#session && JSON.stringify(query) === JSON.stringify(this.#query())
    try {
      const first = await this.#ask({ ...query, offset: '0', limit: String(PAGE) })
      if (!isMeant()) return
      this.#fill(first, async (offset) => (await this.#ask({ ...query, offset: String(offset), limit: String(PAGE) })).items)
      this.#take(first)
    } catch (error) {
      if (isMeant()) this.#tell(error)
    }
  }

  /**
   * @param {PreviewPage} first
   * @param {(offset: number) => Promise<PreviewItem[]>} load
   */
  #fill(first, load) {
    let isFresh = true
    this.#grid.load = async (offset) => {
      // Once: whoever asks again wants to know how it is now.
      if (offset || !isFresh) return load(offset)
      isFresh = false
      return first.items
    }
    this.#measure(first.total ?? 0)
  }

  /** @param {number} total */
  #measure(total) {
    this.#total = total
    this.#grid.total = total
    this.#grid.hidden = total === 0
    const isNarrowed = Object.keys(this.#filter).length > 0
    write(part('plan-none'), this.#total ? '' : t(isNarrowed ? 'plan.none_fits' : 'plan.none'))
    part('plan-everything').hidden = !isNarrowed
    write(part('plan-shown'), isNarrowed ? this.#narrowed() : '')
  }

  #narrowed() {
    const { name, nsfw } = this.#filter
    const told = [name && t('plan.named', { name }), nsfw && t('plan.scored', { score: percent(Number(nsfw) * 100) })]
    return t('plan.shown', { count: this.#total, what: told.filter(Boolean).join(', ') })
  }

  /** @param {PreviewCounts} counts */
  #take(counts) {
    this.counts = counts
    const { files, conflicts, unlisted } = counts
    this.#tabs.draw(/** @type {any} */ ({ ...files, conflicts }), counts.set_aside)
    const { shown } = this.#tabs
    const uncounted = shown && shown !== 'conflicts' ? (unlisted[shown] ?? 0) : 0
    write(part('plan-means'), shown ? t(`plan.means_${shown}`) : '')
    write(part('plan-unlisted'), uncounted ? t('plan.unlisted', { count: uncounted }) : '')
    write(part('plan-others'), others(files))
    this.#drawChoice(counts)
    element('plan-csv', HTMLAnchorElement).href = this.#export('csv')
    element('plan-jsonl', HTMLAnchorElement).href = this.#export('jsonl')
    this.dispatchEvent(new Event('change'))
  }

  /** @param {string} format */
  #export(format) {
    return below(`/api/ingest/export/${this.#session}?format=${format}`)
  }

  /** @param {PreviewCounts} counts */
  #drawChoice({ set_aside: aside, files }) {
    const focused = ['plan-exclude', 'plan-include'].map(part).find((each) => each === document.activeElement)
    const { shown } = this.#tabs
    const isNarrowed = Object.keys(this.#filter).length > 0
    const isChoice = this.#look.canChoose && this.#total > 0 && shown !== null && !['unchanged', 'failed'].includes(shown)
    // Of a part it is not known how many are excluded already.
    const isPart = isNarrowed || shown === 'conflicts'
    const out = shown ? (aside[shown] ?? 0) : 0
    const whole = shown ? (files[shown] ?? 0) : 0
    for (const [id, key, left] of /** @type {const} */ ([
      ['plan-exclude', 'plan.exclude', whole - out],
      ['plan-include', 'plan.include', out],
    ])) {
      const count = isPart ? this.#total : left
      part(id).hidden = !isChoice || count === 0
      write(part(id), t(key, { count }))
    }
    if (focused?.closest('[hidden]')) this.#focusNear()
    this.#grid.ariaMultiSelectable = String(isChoice)
  }

  /** The button that was pressed has nothing left to do: the one that takes it back stands beside it. */
  #focusNear() {
    const other = ['plan-include', 'plan-exclude'].map(part).find((each) => !each.hidden)
    if (other) other.focus()
    else this.#grid.focus()
  }

  /**
   * @param {'exclude' | 'include'} command
   * @param {object} choice
   */
  async #choose(command, choice) {
    const session = this.#session
    const counts = await post(`/api/ingest/preview/${session}/${command}`, choice)
    if (session !== this.#session) return
    this.#take(/** @type {PreviewCounts} */ (counts))
    this.#grid.refresh()
  }

  /**
   * @param {number} index
   * @param {PreviewItem} item
   * @param {(error: unknown) => void} [tell] where the one who asked looks
   */
  async #toggle(index, item, tell = (error) => this.#tell(error)) {
    if (!this.#look.canChoose || !isCommitted(item)) return
    const session = this.#session
    try {
      const command = item.set_aside ? 'include' : 'exclude'
      const counts = await post(`/api/ingest/preview/${session}/${command}`, { seqs: [item.seq] })
      if (session !== this.#session) return
      write(part('plan-trouble'), '')
      this.#grid.replace(index, { ...item, set_aside: !item.set_aside })
      this.#take(/** @type {PreviewCounts} */ (counts))
      void this.#details.renew(index)
    } catch (error) {
      if (session === this.#session) tell(error)
    }
  }
}

/** @param {Record<string, number>} files those that no commit stores and no tab shows */
function others({ excluded = 0, missing = 0 }) {
  const told = [excluded && t('plan.left_out', { count: excluded }), missing && t('plan.missing', { count: missing })]
  return told.filter(Boolean).join(' ')
}
