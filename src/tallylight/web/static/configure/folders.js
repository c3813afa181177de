/** Browses the folders this server may read, and keeps the list of those chosen. Dispatches `change` when it changes. */

import { get, isAbort, sentence } from '../api.js'
import { element, make, part, write } from '../dom.js'
import { baseName, count, files, name } from '../format.js'

/** @typedef {import('../types.js').Directory} Directory */
/** @typedef {import('../types.js').Listing} Listing */

export class Folders extends EventTarget {
  /** @type {string[]} */
  #chosen = []
  /** @type {Listing | null} */
  #listing = null
  #asked = new AbortController()

  constructor() {
    super()
    element('folders-up', HTMLButtonElement).onclick = () => this.open(this.#listing?.parent ?? null, true)
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
      this.#drawListing()
      if (focus) part('folders-path').focus()
    } catch (error) {
      if (!isAbort(error)) write(part('folders-note'), sentence(error))
    }
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

  #drawListing() {
    const listing = this.#listing
    if (!listing) return
    const { path, directories } = listing
    part('folders-up').hidden = path === null
    write(part('folders-path'), path === null ? 'The folders this server may read' : name(path))
    const rows = directories.map((directory) => this.#row(directory))
    part('folders-list').replaceChildren(...(path === null ? [] : [this.#wholeRow(path)]), ...rows)
    write(part('folders-note'), note(listing))
    this.#drawTicks()
  }

  /** @param {string} path */
  #wholeRow(path) {
    const label = make('label', {}, this.#tick(path), make('span', {}, 'All of this folder'))
    return make('li', { className: 'whole' }, label)
  }

  /** @param {Directory} directory */
  #row(directory) {
    const { path, has_children: opens } = directory
    const text = make('bdi', { title: path }, name(directory.name))
    const tick = this.#tick(path)
    const label = make('label', {}, tick, make('span', { className: 'unseen' }, 'Choose '), text)
    const numbers = make('span', { className: 'muted numbers' }, holds(directory))
    const row = make('li', {}, label, numbers)
    if (opens) row.append(this.#opener(directory))
    return row
  }

  /** @param {Directory} directory */
  #opener({ name: text, path }) {
    const opener = make('button', { type: 'button', className: 'quiet open', title: 'Look inside' }, 'Open')
    opener.setAttribute('aria-label', `Open ${text}`)
    opener.onclick = () => this.open(path, true)
    return opener
  }

  /** @param {string} path */
  #tick(path) {
    const tick = make('input', { type: 'checkbox', value: path })
    tick.onchange = () => this.#set(path, tick.checked)
    return tick
  }

  #drawTicks() {
    for (const tick of part('folders-list').querySelectorAll('input')) {
      tick.checked = this.#covers(tick.value)
      tick.disabled = tick.checked && !this.#chosen.includes(tick.value)
      tick.title = tick.disabled ? 'Inside a folder that is chosen already' : ''
    }
  }

  #drawChosen() {
    part('chosen-none').hidden = this.#chosen.length > 0
    part('chosen-list').hidden = this.#chosen.length === 0
    part('chosen-list').replaceChildren(...this.#chosen.map((path) => this.#chosenRow(path)))
  }

  /** @param {string} path */
  #chosenRow(path) {
    const remove = make('button', { type: 'button', className: 'quiet' }, 'Remove')
    remove.setAttribute('aria-label', `Remove ${baseName(path)}`)
    remove.onclick = () => {
      this.#set(path, false)
      part('folders-path').focus()
    }
    return make('li', {}, make('bdi', { className: 'path', title: path }, name(path)), remove)
  }
}

/** @param {Listing} listing */
function note({ path, directories, capped }) {
  if (capped) return 'There are more folders than can be listed; choose this one to take them all.'
  return directories.length || path === null ? '' : 'No folders in here.'
}

/**
 * @param {string} path
 * @param {string} folder
 */
function isInside(path, folder) {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** @param {Directory} directory */
function holds({ total_files: total, ingested_files: ingested, has_children: opens, readable, capped }) {
  if (!readable) return 'cannot be read'
  if (total === null) return ''
  if (!total && !capped) return opens ? 'folders only' : 'empty'
  const known = ingested ? `, ${count(ingested)} known` : ''
  return `${capped ? 'at least ' : ''}${files(total)}${known}`
}
