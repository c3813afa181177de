/** The latest sessions, newest first, with their numbers kept live; and the hint that one is running. */

import { get } from '../api.js'
import { element, make, part, write } from '../dom.js'
import { baseName, date, failures, files, name } from '../format.js'
import { below } from '../place.js'
import { summary } from '../steps.js'
import { atRest } from '../store.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Session} Session */

const LATEST = 5

export class Sessions {
  /** @type {Session[]} */
  #sessions = []
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map()

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    this.store = store
    store.addEventListener('draw', () => this.store.followed === null && this.#refresh())
  }

  /** Ask for the list and show it. */
  async load() {
    const answer = /** @type {{sessions: Session[]}} */ (await get(`/api/ingest/sessions?limit=${LATEST}`))
    this.#sessions = answer.sessions
    this.#cells.clear()
    part('sessions').hidden = this.#sessions.length === 0
    part('sessions-list').replaceChildren(...this.#sessions.map((session) => this.#row(session)))
    this.#refresh()
  }

  /** @param {Session} session */
  #row(session) {
    const { session_id: id, created_at: at, parameters } = session
    const link = make('a', { href: below(`/sessions/${id}`), title: parameters.directories.join('\n') }, title(session))
    const when = make('time', { className: 'muted', dateTime: new Date(at * 1000).toISOString() }, date(at))
    const cell = make('span', { className: 'standing' })
    this.#cells.set(id, cell)
    return make('li', {}, link, when, cell)
  }

  #refresh() {
    for (const session of this.#sessions) this.#drawStanding(session)
    this.#drawHint()
  }

  /** @param {Session} session */
  #drawStanding(session) {
    const message = this.store.messages.get(session.session_id) ?? session
    const cell = this.#cells.get(session.session_id)
    if (!cell) return
    cell.toggleAttribute('data-live', !atRest(message))
    write(cell, standing(message))
  }

  #drawHint() {
    const running = [...this.store.messages.values()].find((message) => !atRest(message))
    part('active').hidden = running === undefined
    if (!running) return
    write(part('active-text'), t('sessions.running', { summary: summary(running), files: files(running.processed_files) }))
    element('active-link', HTMLAnchorElement).href = below(`/sessions/${running.session_id}`)
  }
}

/** @param {Session} session */
function title({ parameters: { directories } }) {
  const [first = '', ...others] = directories
  const folder = name(baseName(first))
  return others.length ? t('sessions.folders', { folder, count: others.length }) : folder
}

/** @param {Message} message */
function standing(message) {
  const errors = message.stats.errors ? `, ${failures(message.stats.errors)}` : ''
  return `${summary(message)} · ${files(message.processed_files)}${errors}`
}
