/** What a commit would do: its classes as counts, each of which lists its files, and which of them are left out of it. */

import { get, post, sentence } from '../api.js'
import { run } from '../command.js'
import { element, make, part, write } from '../dom.js'
import { baseName, count, name } from '../format.js'

/** @typedef {import('../types.js').PreviewPage} PreviewPage */
/** @typedef {import('../types.js').PreviewItem} PreviewItem */
/** @typedef {import('../types.js').PreviewCounts} PreviewCounts */

/** What a commit would do with a file, in the order in which it is told. */
const CLASSES = [
  ['new', 'New', 'not in the catalog yet'],
  ['changed', 'Changed', 'known path; something of it would change'],
  ['moved', 'Moved', 'known content, at another path now; what you said of it follows'],
  ['duplicate', 'Duplicate', 'content the catalog or this run has already'],
  ['unchanged', 'Unchanged', 'in the catalog as it is'],
  ['failed', 'Failed', 'not committed'],
  ['excluded', 'Left out', 'by type or limit'],
  ['missing', 'Missing', 'in the catalog, but not on the disk; marked, never removed'],
  ['conflicts', 'Conflicts', 'files on which sources disagree; the report lists them'],
]
const COMMITTED = new Set(['new', 'changed', 'moved', 'duplicate'])
const PAGE = 50
const MOST_CHANGES = 3
/** While a long session is looked at, its counts still grow. */
const ASK_AGAIN_MS = 1000

export class Diff extends EventTarget {
  /** @type {PreviewCounts | null} the newest that is known; `change` is dispatched when it changes */
  counts = null
  /** @type {string | null} */
  #session = null
  /** @type {string | null} the class whose files are listed */
  #listed = null
  /** @type {number | null} */
  #next = null

  constructor() {
    super()
    element('diff-more', HTMLButtonElement).onclick = () => this.#more()
    const all = element('diff-all', HTMLButtonElement)
    all.onclick = () => run(all, 'diff-trouble', () => this.#chooseAll())
  }

  /** @param {string} session */
  async load(session) {
    this.clear()
    this.#session = session
    try {
      this.#take(await this.#ask({ limit: '1' }), session)
    } catch (error) {
      write(part('diff-trouble'), sentence(error))
    }
  }

  clear() {
    this.#session = null
    this.counts = null
    this.#close()
    write(part('diff-trouble'), '')
    part('plan-list').replaceChildren()
  }

  /**
   * @param {Record<string, string>} query
   * @returns {Promise<PreviewPage>}
   */
  #ask(query) {
    return get(`/api/ingest/preview/${this.#session}?${new URLSearchParams(query)}`)
  }

  /**
   * @param {PreviewCounts} counts
   * @param {string | null} session
   */
  #take(counts, session) {
    if (session !== this.#session) return
    this.counts = counts
    this.#drawCounts(counts)
    this.dispatchEvent(new Event('change'))
    if (!counts.complete) setTimeout(() => this.#askAgain(session), ASK_AGAIN_MS)
  }

  /** @param {string | null} session */
  async #askAgain(session) {
    if (session !== this.#session) return
    try {
      this.#take(await this.#ask({ limit: '1' }), session)
    } catch (error) {
      write(part('diff-trouble'), sentence(error))
    }
  }

  /** @param {PreviewCounts} counts */
  #drawCounts(counts) {
    const focused = document.activeElement?.getAttribute('data-class')
    const rows = CLASSES.flatMap(([key = '', label = '', meaning = '']) => {
      const value = key === 'conflicts' ? counts.conflicts : counts.files[key] ?? 0
      if (value === 0) return []
      const aside = counts.set_aside[key] ? `, ${count(counts.set_aside[key])} excluded` : ''
      const term = make('dt', {}, this.#isListable(key, value, counts) ? this.#button(key, label) : label)
      return [make('div', {}, term, make('dd', {}, count(value)), make('dd', { className: 'muted' }, meaning + aside))]
    })
    part('plan-list').replaceChildren(...rows)
    if (focused) document.querySelector(`#plan-list [data-class="${focused}"]`)?.closest('button')?.focus()
    this.#drawAll(counts)
  }

  /**
   * Files that discovery only counted are on no page.
   *
   * @param {string} key
   * @param {number} value
   * @param {PreviewCounts} counts
   */
  #isListable(key, value, counts) {
    return key !== 'missing' && value > (counts.unlisted[key] ?? 0)
  }

  /**
   * @param {string} key
   * @param {string} label
   */
  #button(key, label) {
    const button = make('button', { type: 'button', className: 'chip' }, label)
    button.dataset.class = key
    button.setAttribute('aria-pressed', String(key === this.#listed))
    button.onclick = () => run(button, 'diff-trouble', () => (key === this.#listed ? this.#hide() : this.#list(key)))
    return button
  }

  async #hide() {
    this.#close()
    if (this.counts) this.#drawCounts(this.counts)
  }

  #close() {
    this.#listed = null
    this.#next = null
    part('diff').hidden = true
    part('diff-list').replaceChildren()
  }

  /** @param {string} key */
  async #list(key) {
    const session = this.#session
    const page = await this.#ask({ ...filter(key), limit: String(PAGE) })
    if (session !== this.#session) return
    this.#close()
    this.#listed = key
    const [, label = ''] = CLASSES.find(([other]) => other === key) ?? []
    write(part('diff-title'), label)
    this.#add(page)
    part('diff').hidden = false
    this.#take(page, session)
  }

  async #more() {
    const more = element('diff-more', HTMLButtonElement)
    await run(more, 'diff-trouble', async () => {
      const session = this.#session
      const page = await this.#ask({ ...filter(this.#listed ?? ''), limit: String(PAGE), after: String(this.#next ?? 0) })
      if (session !== this.#session) return
      const [first] = this.#add(page)
      // A keyboard stays where the new ones begin.
      first?.querySelector('input')?.focus()
    })
  }

  /** @param {PreviewPage} page */
  #add(page) {
    const rows = page.items.map((item) => this.#row(item))
    part('diff-list').append(...rows)
    this.#next = page.next
    part('diff-more').hidden = page.next === null
    return rows
  }

  /** @param {PreviewItem} item */
  #row(item) {
    const shown = make('bdi', { title: name(item.file) }, name(item.file))
    const row = make('li', {}, COMMITTED.has(item.class) ? this.#choice(item, shown) : shown)
    const told = details(item)
    if (told) row.append(make('span', { className: 'muted' }, told))
    return row
  }

  /**
   * @param {PreviewItem} item
   * @param {HTMLElement} shown
   */
  #choice(item, shown) {
    const box = make('input', { type: 'checkbox', checked: !item.set_aside })
    box.onchange = async () => {
      try {
        await this.#choose(box.checked, { seqs: [item.seq] })
        write(part('diff-trouble'), '')
      } catch (error) {
        box.checked = !box.checked
        write(part('diff-trouble'), sentence(error))
      }
    }
    return make('label', {}, box, shown)
  }

  /**
   * @param {boolean} commits
   * @param {object} choice
   */
  async #choose(commits, choice) {
    const session = this.#session
    const command = commits ? 'include' : 'exclude'
    this.#take(await post(`/api/ingest/preview/${session}/${command}`, choice), session)
  }

  async #chooseAll() {
    const listed = this.#listed
    if (listed === null || this.counts === null) return
    const commits = allAside(listed, this.counts)
    await this.#choose(commits, { class: [listed] })
    for (const box of part('diff-list').querySelectorAll('input')) box.checked = commits
  }

  /** @param {PreviewCounts} counts */
  #drawAll(counts) {
    const listed = this.#listed
    const all = element('diff-all', HTMLButtonElement)
    all.hidden = listed === null || !COMMITTED.has(listed)
    if (listed !== null) write(all, `${allAside(listed, counts) ? 'Include' : 'Exclude'} all ${count(counts.files[listed] ?? 0)}`)
  }
}

/**
 * @param {string} key
 * @returns {Record<string, string>}
 */
function filter(key) {
  return key === 'conflicts' ? { conflicts: 'true' } : { class: key }
}

/**
 * @param {string} key
 * @param {PreviewCounts} counts
 */
function allAside(key, counts) {
  return (counts.set_aside[key] ?? 0) === (counts.files[key] ?? 0)
}

/** @param {PreviewItem} item */
function details(item) {
  const told = item.changes.slice(0, MOST_CHANGES).map(change)
  if (item.changes.length > MOST_CHANGES) told.push(`${count(item.changes.length - MOST_CHANGES)} more`)
  if (item.moved_from !== null) told.unshift(`from ${name(item.moved_from)}`)
  if (item.same_as !== null) told.push(`same as ${name(baseName(item.same_as))}`)
  if (item.message) told.push(name(item.message))
  for (const conflict of item.conflicts) told.push(`disputed: ${name(conflict.field)}`)
  return told.join(' · ')
}

/** @param {import('../types.js').Change} told */
function change({ field, before, after, added, removed }) {
  const words = [...(added ?? []).map((text) => `+${text}`), ...(removed ?? []).map((text) => `−${text}`)]
  if (words.length) return name(`${field} ${words.join(' ')}`)
  return before === undefined ? field : name(`${field} ${before ?? 'none'} → ${after ?? 'none'}`)
}
