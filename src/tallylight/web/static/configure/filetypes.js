/** The file types that the chosen folders hold, as toggles; all are wanted until one is switched off. */

import { say } from '../announcer.js'
import { isAbort, post, sentence } from '../api.js'
import { make, part, write } from '../dom.js'
import { count } from '../format.js'
import { t } from '../text.js'

/** @typedef {{ file_types: string[], counts: Record<string, number>, capped: boolean }} Found */

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
    this.#unwanted.clear()
    this.#wanted = pattern ? new Set(pattern.split('|').map((part) => part.replace(/^\*\./, ''))) : null
  }

  /** @param {string[]} folders */
  async look(folders) {
    this.#asked.abort()
    this.#asked = new AbortController()
    if (folders.length === 0) return this.#draw({}, t('configure.types_none'))
    write(part('filetypes-note'), t('configure.looking'))
    try {
      const { counts, capped } = await this.#ask(folders)
      const note = Object.keys(counts).length ? '' : t('configure.types_nothing')
      this.#draw(counts, capped ? t('configure.types_some') : note)
    } catch (error) {
      if (!isAbort(error)) this.#draw({}, sentence(error))
    }
  }

  /**
   * @param {string[]} folders
   * @returns {Promise<Found>}
   */
  #ask(folders) {
    return post('/api/ingest/file-types', folders, this.#asked.signal)
  }

  /**
   * @param {Record<string, number>} counts by type
   * @param {string} note
   */
  #draw(counts, note) {
    const present = Object.keys(counts)
    if (this.#wanted) for (const type of present) if (!this.#wanted.has(type)) this.#unwanted.add(type)
    this.#present = present
    part('filetypes-list').replaceChildren(...present.map((type) => this.#chip(type, counts[type] ?? 0)))
    write(part('filetypes-note'), note)
    // What is there is said too: the boxes stand where nobody is reading.
    say(note || present.join(', '))
  }

  /**
   * @param {string} type
   * @param {number} files
   */
  #chip(type, files) {
    const toggle = make('input', { type: 'checkbox', value: type, checked: !this.#unwanted.has(type) })
    toggle.setAttribute('aria-label', type)
    toggle.onchange = () => (toggle.checked ? this.#unwanted.delete(type) : this.#unwanted.add(type))
    const number = make('span', { className: 'muted', title: t('count.files', { count: files }) }, count(files))
    return make('label', { className: 'chip' }, toggle, make('span', {}, type), number)
  }
}
