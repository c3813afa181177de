/** Browses the folders this server may read, and keeps the list of those chosen. Dispatches `change` when it changes. */

import { say } from '../announcer.js'
import { get, isAbort, sentence } from '../api.js'
import { element, make, part, write } from '../dom.js'
import { baseName, name } from '../format.js'
import { t } from '../text.js'
import { MOST_ROWS, arranged, holds, types } from './listing.js'

/** @typedef {import('../types.js').Directory} Directory */
/** @typedef {import('../types.js').Listing} Listing */

export class Folders extends EventTarget {
  /** @type {string[]} */
  #chosen = []
  /** @type {Listing | null} */
  #listing = null
  #asked = new AbortController()
  #most = MOST_ROWS
  /** @type {Map<string, HTMLElement>} the rows that are there, by path */
  #rows = new Map()

  constructor() {
    super()
    element('folders-up', HTMLButtonElement).onclick = (event) => this.#go(event, this.#listing?.parent ?? null)
    // Those that the server drew included: they can be used as soon as they are seen.
    part('folders-list').onchange = ({ target }) => {
      if (target instanceof HTMLInputElement) this.#set(target.value, target.checked)
    }
    part('folders-list').onclick = (event) => {
      const opener = event.target instanceof Element && event.target.closest('button')
      if (opener && opener.name === 'path') this.#go(event, opener.value)
    }
    part('recent-list').onclick = (event) => {
      event.preventDefault()
      const button = event.target instanceof Element && event.target.closest('button')
      if (button) this.#set(button.value, true)
    }
    element('folders-filter', HTMLInputElement).oninput = () => this.#arrange()
    element('folders-filter', HTMLInputElement).onkeydown = (event) => {
      // It would start a session.
      if (event.key === 'Enter') event.preventDefault()
    }
    element('folders-sort', HTMLSelectElement).onchange = () => this.#arrange()
  }

  /** Absolute paths, none inside another. */
  get chosen() {
    return [...this.#chosen]
  }

  /** @param {string[]} paths */
  choose(paths) {
    this.#chosen = []
    for (const path of paths) this.#add(path)
    this.#changed()
  }

  /**
   * Show what lies in a folder; null shows the roots.
   *
   * @param {string | null} path
   * @param {boolean} [focus] whether to go there, because what had the focus is replaced
   */
  async open(path, focus = false) {
    this.#asked.abort()
    this.#asked = new AbortController()
    const query = path === null ? '' : `?${new URLSearchParams({ path })}`
    try {
      this.#listing = await get(`/api/ingest/directories${query}`, this.#asked.signal)
      element('folders-filter', HTMLInputElement).value = ''
      this.#arrange()
      if (focus) part('folders-path').focus()
    } catch (error) {
      if (!isAbort(error)) this.#tell(sentence(error))
    }
  }

  /**
   * @param {Event} event
   * @param {string | null} path
   */
  #go(event, path) {
    event.preventDefault()
    void this.open(path, true)
  }

  /** @param {string} path */
  #add(path) {
    if (this.#covers(path)) return
    this.#chosen = [...this.#chosen.filter((other) => !isInside(other, path)), path]
  }

  /** @param {string} path */
  #covers(path) {
    return this.#chosen.some((folder) => folder === path || isInside(path, folder))
  }

  /**
   * @param {string} path
   * @param {boolean} wanted
   */
  #set(path, wanted) {
    if (wanted) this.#add(path)
    else this.#chosen = this.#chosen.filter((folder) => folder !== path)
    this.#changed()
  }

  #changed() {
    this.#drawTicks()
    this.#drawChosen()
    this.dispatchEvent(new Event('change'))
  }

  #arrange() {
    this.#most = MOST_ROWS
    this.#drawListing()
  }

  #drawListing() {
    const listing = this.#listing
    if (!listing) return
    const { path, directories } = listing
    const filter = element('folders-filter', HTMLInputElement).value
    const found = arranged(directories, filter, element('folders-sort', HTMLSelectElement).value)
    part('folders-up').hidden = path === null
    write(part('folders-path'), path === null ? t('configure.roots') : name(path))
    this.#rows = rowsIn(part('folders-list'))
    const rows = found.slice(0, this.#most).map((directory) => this.#row(directory))
    const whole = path === null ? [] : [this.#wholeRow(path)]
    const more = found.length > this.#most ? [this.#moreRow(found.length - this.#most)] : []
    this.#place([...whole, ...rows, ...more])
    this.#tell(note(listing, found.length))
    this.#drawTicks()
  }

  /** @param {string} text */
  #tell(text) {
    write(part('folders-note'), text)
    if (text) say(text)
  }

  /**
   * Put these rows there; where they are there already, as those that the server drew, nothing is moved: what is about
   * to be pressed stays under the pointer.
   *
   * @param {HTMLElement[]} rows
   */
  #place(rows) {
    const list = part('folders-list')
    if (list.children.length === rows.length && rows.every((row, at) => row === list.children[at])) return
    const focused = document.activeElement
    list.replaceChildren(...rows)
    if (focused instanceof HTMLElement && list.contains(focused)) focused.focus()
  }

  /** @param {string} path */
  #wholeRow(path) {
    const drawn = this.#rows.get(path)
    if (drawn?.className === 'whole') return drawn
    const label = make('label', {}, tick(path), make('span', {}, t('configure.whole')))
    return make('li', { className: 'whole' }, label)
  }

  /** @param {number} count */
  #moreRow(count) {
    const more = make('button', { type: 'button', className: 'quiet' }, t('configure.more', { count }))
    more.onclick = () => {
      const first = this.#most
      this.#most += MOST_ROWS
      this.#drawListing()
      part('folders-list').querySelectorAll('input')[first]?.focus()
    }
    return make('li', {}, more)
  }

  /** @param {Directory} directory */
  #row(directory) {
    const { path, has_children: opens } = directory
    const drawn = this.#rows.get(path)
    if (drawn && drawn.className !== 'whole') return update(drawn, directory)
    const text = make('bdi', { title: path }, name(directory.name))
    const label = make('label', {}, tick(path), make('span', { className: 'unseen' }, `${t('configure.choose')} `), text)
    const row = make('li', {}, label, make('span', { className: 'muted numbers' }))
    if (opens) row.append(opener(directory))
    return update(row, directory)
  }

  #drawTicks() {
    for (const tick of part('folders-list').querySelectorAll('input')) {
      tick.checked = this.#covers(tick.value)
      tick.disabled = tick.checked && !this.#chosen.includes(tick.value)
      tick.title = tick.disabled ? t('configure.inside') : ''
    }
  }

  #drawChosen() {
    part('chosen-none').hidden = this.#chosen.length > 0
    part('chosen-list').hidden = this.#chosen.length === 0
    part('chosen-list').replaceChildren(...this.#chosen.map((path) => this.#chosenRow(path)))
  }

  /** @param {string} path */
  #chosenRow(path) {
    const remove = make('button', { type: 'button', className: 'quiet' }, t('configure.remove'))
    remove.setAttribute('aria-label', t('configure.remove_folder', { folder: baseName(path) }))
    remove.onclick = () => {
      this.#set(path, false)
      part('folders-path').focus()
    }
    return make('li', {}, make('bdi', { className: 'path', title: path }, name(path)), remove)
  }
}

/** @param {HTMLElement} list */
function rowsIn(list) {
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map()
  for (const box of list.querySelectorAll('input')) rows.set(box.value, /** @type {HTMLElement} */ (box.closest('li')))
  return rows
}

/**
 * Say in a row what its folder holds.
 *
 * @param {HTMLElement} row
 * @param {Directory} directory
 */
function update(row, directory) {
  const numbers = row.querySelector('.numbers')
  const kinds = types(directory)
  numbers?.replaceChildren(holds(directory), ...(kinds ? [make('small', {}, kinds)] : []))
  if (!directory.has_children) row.querySelector('button')?.remove()
  return row
}

/** @param {string} path */
function tick(path) {
  return make('input', { type: 'checkbox', name: 'directories', value: path })
}

/** @param {Directory} directory */
function opener({ name: folder, path }) {
  const button = make('button', { type: 'button', className: 'quiet open', name: 'path', value: path }, t('configure.open'))
  button.setAttribute('aria-label', t('configure.open_folder', { folder }))
  return button
}

/**
 * @param {Listing} listing
 * @param {number} found how many are left by the filter
 */
function note({ path, directories, capped }, found) {
  if (directories.length && !found) return t('configure.no_match')
  if (capped) return t('configure.capped')
  return directories.length || path === null ? '' : t('configure.no_folders')
}

/**
 * @param {string} path
 * @param {string} folder
 */
function isInside(path, folder) {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
