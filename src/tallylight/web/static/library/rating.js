/** Scores and favourites: shown at once, kept by the server, and taken back with a sentence where it refuses. */

import { patch, sentence } from '../api.js'
import { part, write } from '../dom.js'
import { baseName, name } from '../format.js'
import { t } from '../text.js'
import { stars } from './facets.js'

/** @typedef {import('../types.js').Medium} Medium */
/** @typedef {{ score: number | null } | { favourite: boolean | null }} Word */

export class Rating {
  /** @type {Map<number, { word: number, kept: Medium }>} of each file the newest word, and what the server last said */
  #asked = new Map()
  #words = 0

  /** @param {(medium: Medium) => void} changed told of each change of a file */
  constructor(changed) {
    this.changed = changed
  }

  /**
   * What a key says of a file; null for any other key.
   *
   * @param {string} key
   * @param {Medium} medium
   * @returns {Word | null}
   */
  static said(key, { score, favourite }) {
    if (/^[1-5]$/.test(key)) return { score: Number(key) }
    if (key === '0') return { score: null }
    if (key === 'r' || key === 'R') return { score: score === -1 ? null : -1 }
    if (key === 'f' || key === 'F') return { favourite: favourite ? null : true }
    return null
  }

  /**
   * @param {Medium} medium as it is shown
   * @param {Word} said
   */
  async rate(medium, said) {
    const id = medium.media_id
    const word = ++this.#words
    const kept = this.#asked.get(id)?.kept ?? medium
    this.#asked.set(id, { word, kept })
    this.changed({ ...medium, ...said })
    write(part('library-trouble'), '')
    try {
      this.#settle(id, word, await patch(`/api/media/${id}`, said))
      write(part('announcer'), spoken(medium, said))
    } catch (error) {
      // A newer word still waits for its own answer.
      if (this.#asked.get(id)?.word !== word) return
      this.#settle(id, word, kept)
      write(part('library-trouble'), t('library.not_rated', { name: name(baseName(medium.path)), reason: sentence(error) }))
    }
  }

  /**
   * @param {number} id
   * @param {number} word
   * @param {Medium} medium
   */
  #settle(id, word, medium) {
    const asked = this.#asked.get(id)
    if (asked?.word !== word) {
      if (asked) asked.kept = medium
      return
    }
    this.#asked.delete(id)
    this.changed(medium)
  }
}

/**
 * @param {Medium} medium
 * @param {Word} said
 */
function spoken({ path }, said) {
  const file = name(baseName(path))
  if ('favourite' in said) return t(said.favourite ? 'library.is_favourite' : 'library.no_favourite', { name: file })
  const { score } = said
  return score !== null && score > 0 ? t('library.rated', { name: file, score }) : `${file}: ${stars(score ?? 0)}`
}
