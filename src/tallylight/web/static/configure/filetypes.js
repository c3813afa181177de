/** The file types that the chosen folders hold, as toggles; all are wanted until one is switched off. */

import { isAbort, post, sentence } from '../api.js'
import { make, part, write } from '../dom.js'

const NONE_CHOSEN = 'Choose a folder to see what it holds.'
const NOTHING_THERE = 'No pictures or videos in there.'

export class FileTypes {
  /** @type {Set<string>} switched off; kept while folders come and go */
  #unwanted = new Set()
  /** @type {Set<string> | null} what an earlier session asked for: all else is switched off once it is seen */
  #wanted = null
  /** @type {string[]} */
  #present = []
  #asked = new AbortController()

  /**
   * `*.mp4|*.png`; empty where every type is wanted. Null where none is.
   *
   * @returns {string | null}
   */
  get pattern() {
    const wanted = this.#present.filter((type) => !this.#unwanted.has(type))
    if (wanted.length === this.#present.length) return ''
    return wanted.length ? wanted.map((type) => `*.${type}`).join('|') : null
  }

  /** @param {string} pattern as an earlier session had it */
  want(pattern) {
    this.#wanted = pattern ? new Set(pattern.split('|').map((part) => part.replace(/^\*\./, ''))) : null
  }

  /** @param {string[]} folders */
  async look(folders) {
    this.#asked.abort()
    this.#asked = new AbortController()
    if (folders.length === 0) return this.#draw([], NONE_CHOSEN)
    write(part('filetypes-note'), 'Looking…')
    try {
      const answer = await this.#ask(folders)
      this.#draw(answer.file_types, answer.file_types.length ? '' : NOTHING_THERE)
    } catch (error) {
      if (!isAbort(error)) this.#draw([], sentence(error))
    }
  }

  /**
   * @param {string[]} folders
   * @returns {Promise<{file_types: string[]}>}
   */
  #ask(folders) {
    return post('/api/ingest/file-types', folders, this.#asked.signal)
  }

  /**
   * @param {string[]} present
   * @param {string} note
   */
  #draw(present, note) {
    if (this.#wanted) for (const type of present) if (!this.#wanted.has(type)) this.#unwanted.add(type)
    this.#present = present
    part('filetypes-list').replaceChildren(...present.map((type) => this.#chip(type)))
    write(part('filetypes-note'), note)
  }

  /** @param {string} type */
  #chip(type) {
    const toggle = make('input', { type: 'checkbox', value: type, checked: !this.#unwanted.has(type) })
    toggle.onchange = () => (toggle.checked ? this.#unwanted.delete(type) : this.#unwanted.add(type))
    return make('label', { className: 'chip' }, toggle, make('span', {}, type))
  }
}
