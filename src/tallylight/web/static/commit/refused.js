/** The files that a commit refused, with their reasons: as they come, and all of them once it is over. */

import { get } from '../api.js'
import { make, part, write } from '../dom.js'
import { name } from '../format.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Message} Message */

const MOST = 100

export class Refused {
  /** @type {Map<string, string>} reasons by file: a message has only the last five */
  #reasons = new Map()
  #session = ''
  /** the reasons as they are shown */
  #told = ''
  /** when all of them were asked for, by the number of its message */
  #asked = -1

  /**
   * @param {Message} message
   * @param {boolean} isOver
   */
  draw(message, isOver) {
    const { session_id: session, errors, commit } = message
    if (session !== this.#session || commit.errors < this.#reasons.size) this.#restart(session)
    for (const { code, file, message } of errors) if (code === 'commit_failed') this.#reasons.set(file, message)
    if (isOver && this.#reasons.size < Math.min(commit.errors, MOST)) void this.#ask(message)
    this.#show(commit.errors)
  }

  /** @param {string} session */
  #restart(session) {
    this.#session = session
    this.#reasons.clear()
    this.#asked = -1
  }

  /** @param {number} total */
  #show(total) {
    const told = JSON.stringify([...this.#reasons])
    const rows = [...this.#reasons].map(([file, reason]) => make('li', {}, make('bdi', {}, name(file)), `: ${reason}`))
    if (told !== this.#told) part('refused-list').replaceChildren(...rows)
    this.#told = told
    part('refused').hidden = total === 0
    write(part('refused-more'), total > rows.length ? t('commit.refused_more', { count: total - rows.length }) : '')
  }

  /** @param {Message} message */
  async #ask({ session_id: session, seq, commit }) {
    if (this.#asked === seq) return
    this.#asked = seq
    const query = `refused=true&limit=${MOST}`
    /** @type {import('../types.js').PreviewPage | null} */
    const page = await get(`/api/ingest/preview/${session}?${query}`).catch(() => null)
    if (session !== this.#session) return
    // No answer: the next message asks again.
    if (page === null) this.#asked = -1
    if (!page?.items.length) return
    this.#reasons = new Map(page.items.map(({ file, refused }) => [file, refused ?? '']))
    this.#show(commit.errors)
  }
}
