/** The file types that the chosen folders hold, as toggles; all are wanted until one is switched off. */

import { say } from '../announcer.js'
import { isAbort, post, sentence } from '../api.js'
import { make, part, write } from '../dom.js'
import { count, name } from '../format.js'
import { t } from '../text.js'

/** @typedef {{ file_types: string[], counts: Record<string, number>, capped: boolean }} Found */

const TYPE = /^\*\.([^*?[\]]+)$/

export class FileTypes {
  /** Settled once it is known what the chosen folders hold */
  known = Promise.resolve()
  /** @type {Set<string>} types switched off, where all others are wanted; kept while folders come and go */
  #unwanted = new Set()
  /** @type {Set<string> | null} the parts of a pattern, where only what it names is wanted: as an earlier session had it */
  #wanted = null
  /** @type {string[]} what is no type, but a pattern of names: each is shown as long as the form has it */
  #names = []
  /** @type {Record<string, number>} by type */
  #counts = {}
  #asked = new AbortController()

  /**
   * `*.mp4|*.png`; empty where every type is wanted. Null where none is.
   *
   * @returns {string | null}
   */
  get pattern() {
    const present = Object.keys(this.#counts)
    const types = present.filter((type) => this.#isWanted(`*.${type}`))
    if (this.#wanted) {
      const isNothing = present.length > 0 && !types.length && !this.#names.some((part) => this.#isWanted(part))
      return isNothing || !this.#wanted.size ? null : [...this.#wanted].join('|')
    }
    if (types.length === present.length) return ''
    return types.length ? types.map((type) => `*.${type}`).join('|') : null
  }

  /** Whether the pattern depends on what the folders hold: then it counts only once that is known. */
  get isOpen() {
    return this.#unwanted.size > 0 || this.pattern === null
  }

  /** @param {string} pattern as an earlier session had it */
  want(pattern) {
    const parts = pattern.split('|').map((part) => part.trim()).filter(Boolean)
    this.#unwanted.clear()
    this.#wanted = parts.length ? new Set(parts.map((part) => (TYPE.test(part) ? part.toLowerCase() : part))) : null
    this.#names = [...(this.#wanted ?? [])].filter((part) => !TYPE.test(part))
  }

  /** @param {string[]} folders */
  look(folders) {
    this.#asked.abort()
    this.#asked = new AbortController()
    this.known = this.#look(folders, this.#asked.signal)
    return this.known
  }

  /**
   * @param {string[]} folders
   * @param {AbortSignal} signal
   */
  async #look(folders, signal) {
    if (folders.length === 0) return this.#draw({}, t('configure.types_none'))
    write(part('filetypes-note'), t('configure.looking'))
    try {
      const { counts, capped } = /** @type {Found} */ (await post('/api/ingest/file-types', folders, signal))
      const note = Object.keys(counts).length ? '' : t('configure.types_nothing')
      this.#draw(counts, capped ? t('configure.types_some') : note)
    } catch (error) {
      if (!isAbort(error)) this.#draw({}, sentence(error))
    }
  }

  /**
   * @param {Record<string, number>} counts by type
   * @param {string} note
   */
  #draw(counts, note) {
    this.#counts = counts
    const types = Object.entries(counts).map(([type, files]) => this.#chip(`*.${type}`, type, files))
    const names = this.#names.map((part) => this.#chip(part, name(part)))
    part('filetypes-list').replaceChildren(...types, ...names)
    write(part('filetypes-note'), note)
    // What is there is said too: the boxes stand where nobody is reading.
    say(note || Object.keys(counts).join(', '))
  }

  /** @param {string} part of a pattern */
  #isWanted(part) {
    return this.#wanted ? this.#wanted.has(part) : !this.#unwanted.has(part)
  }

  /**
   * @param {string} part of a pattern
   * @param {boolean} isWanted
   */
  #toggle(part, isWanted) {
    const set = this.#wanted ?? this.#unwanted
    if (isWanted === (set === this.#wanted)) set.add(part)
    else set.delete(part)
    // With all of them on again, what comes later is wanted too.
    if (!this.#names.length && Object.keys(this.#counts).every((type) => this.#isWanted(`*.${type}`))) this.#wanted = null
  }

  /**
   * @param {string} part of a pattern
   * @param {string} label
   * @param {number} [files]
   */
  #chip(part, label, files) {
    const toggle = make('input', { type: 'checkbox', value: part, checked: this.#isWanted(part) })
    toggle.setAttribute('aria-label', label)
    toggle.onchange = () => this.#toggle(part, toggle.checked)
    const chip = make('label', { className: 'chip' }, toggle, make('span', {}, label))
    if (files !== undefined) chip.append(make('span', { className: 'muted', title: t('count.files', { count: files }) }, count(files)))
    return chip
  }
}
