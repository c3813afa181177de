/** The fourth step: the commit while it runs, and what came of it. */

import { post } from '../api.js'
import { run } from '../command.js'
import { element, fill, make, part, write } from '../dom.js'
import { count, files, name } from '../format.js'
import { below } from '../place.js'
import { atRest, stepOf } from '../store.js'

/** @typedef {import('../types.js').Message} Message */

const TITLES = new Map([
  ['committing', 'Committing'],
  ['committed', 'Committed'],
  ['commit_error', 'The commit stopped'],
  ['undoing', 'Undoing the commit'],
  ['undone', 'Undone'],
])

export class Commit {
  /** @type {Map<string, string>} reasons by file: a message has only the last five */
  #refused = new Map()
  /** @type {string | null} */
  #session = null

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    const retry = element('commit-retry', HTMLButtonElement)
    retry.onclick = () => run(retry, 'retry-trouble', () => post('/api/ingest/commit', { session_id: store.followed }))
    const undo = element('commit-undo', HTMLButtonElement)
    undo.onclick = () => run(undo, 'retry-trouble', () => post(`/api/ingest/undo/${store.followed}`))
    store.addEventListener('change', () => store.message && this.#draw(store.message))
  }

  /** @param {Message} message */
  #draw(message) {
    if (stepOf(message) !== 'commit') return
    write(part('commit-title'), TITLES.get(message.status) ?? message.status)
    drawProgress(message)
    this.#drawRefused(message)
    write(part('commit-summary'), atRest(message) ? whatHappened(message) : '')
    write(part('commit-error'), message.error?.message ?? '')
    part('commit-actions').hidden = !atRest(message)
    const isOpen = message.status === 'commit_error' || message.status === 'undone'
    part('commit-retry').hidden = !isOpen
    write(part('commit-retry'), message.status === 'undone' ? 'Commit again' : 'Try the commit again')
    part('commit-undo').hidden = !(message.commit.done && ['committed', 'commit_error'].includes(message.status))
    part('commit-another').classList.toggle('primary', !isOpen)
    element('commit-report', HTMLAnchorElement).href = below(`/api/ingest/report/${message.session_id}`)
  }

  /** @param {Message} message */
  #drawRefused({ session_id: session, errors, commit }) {
    if (session !== this.#session) this.#refused.clear()
    this.#session = session
    for (const { code, file, message } of errors) if (code === 'commit_failed') this.#refused.set(file, message)
    const rows = [...this.#refused].map(([file, reason]) => make('li', {}, make('bdi', {}, name(file)), `: ${reason}`))
    if (rows.length !== part('refused-list').childElementCount) part('refused-list').replaceChildren(...rows)
    part('refused').hidden = commit.errors === 0
    const missing = commit.errors - rows.length
    write(part('refused-more'), missing > 0 ? `and ${count(missing)} more` : '')
  }
}

/** @param {Message} message */
function drawProgress({ status, progress, commit, undo }) {
  const { total, done } = undo ?? commit
  // Until it has counted its work, 0% would look stuck.
  const isCounting = (status === 'committing' || status === 'undoing') && total === 0
  fill(element('commit-bar', HTMLProgressElement), isCounting ? null : progress)
  write(part('commit-percent'), `${progress}%`)
  write(part('commit-of'), isCounting ? '' : `${count(done)} of ${files(total)}`)
}

/** @param {Message} message */
function whatHappened({ status, commit, undo }) {
  if (status === 'undone') {
    const kept = undo?.kept ? ` ${files(undo.kept)} left as a later session wrote them, which is deleted.` : ''
    return `The catalog is as it was before: ${files(undo?.done ?? 0)} put back.${kept}`
  }
  const refused = commit.errors ? ` ${files(commit.errors)} refused; they are listed below.` : ''
  return `${files(commit.done)} in the catalog.${refused}`
}
