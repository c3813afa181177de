/** The fourth step: the commit while it runs, what came of it, and the way back. */

import { post } from '../api.js'
import { run } from '../command.js'
import { Dialog } from '../dialog.js'
import { element, fill, part, write } from '../dom.js'
import { duration, percent, rate } from '../format.js'
import { below } from '../place.js'
import { atRest, stepOf } from '../store.js'
import { known, t } from '../text.js'
import { Refused } from './refused.js'

/** @typedef {import('../types.js').Message} Message */

export class Commit {
  #refused = new Refused()
  #undo = new Dialog('undo')

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    const retry = element('commit-retry', HTMLButtonElement)
    retry.onclick = () => run(retry, 'retry-trouble', () => post('/api/ingest/commit', { session_id: store.followed }))
    part('commit-undo').onclick = () => store.message && this.#askToUndo(store.message)
    store.addEventListener('draw', () => store.message && this.#draw(store.message))
  }

  /** @param {Message} message */
  #askToUndo({ session_id: session, commit }) {
    this.#undo.ask(t('commit.undo_text', { count: commit.done }), async () => {
      await post(`/api/ingest/undo/${session}`)
    })
  }

  /** @param {Message} message */
  #draw(message) {
    if (stepOf(message) !== 'commit') return
    const isOver = atRest(message)
    write(part('commit-title'), known(`commit.${message.status}`) ?? message.status)
    drawProgress(message)
    drawPace(message)
    this.#refused.draw(message, isOver)
    write(part('commit-summary'), isOver ? whatHappened(message) : '')
    write(part('commit-error'), message.error?.message ?? '')
    drawActions(message)
  }
}

/** @param {Message} message */
function drawProgress({ status, progress, commit, undo }) {
  const { total, done } = undo ?? commit
  // Until it has counted its work, 0% would look stuck.
  const isCounting = (status === 'committing' || status === 'undoing') && total === 0
  fill(element('commit-bar', HTMLProgressElement), isCounting ? null : progress)
  write(part('commit-percent'), percent(progress))
  write(part('commit-of'), isCounting ? '' : t('commit.of', { done, count: total }))
}

/** @param {Message} message */
function drawPace(message) {
  const { files_per_s: speed, elapsed_s: elapsed, eta_s: left } = message
  part('commit-pace').hidden = atRest(message)
  write(part('commit-rate'), speed === undefined ? '–' : t('commit.per_second', { rate: rate(speed) }))
  write(part('commit-elapsed'), duration(elapsed))
  write(part('commit-eta'), left === undefined ? '–' : duration(left))
}

/** @param {Message} message */
function drawActions(message) {
  const { status, session_id: session, commit } = message
  const isOpen = status === 'commit_error' || status === 'undone'
  part('commit-actions').hidden = !atRest(message)
  part('commit-retry').hidden = !isOpen
  write(part('commit-retry'), t(status === 'undone' ? 'commit.again' : 'commit.retry'))
  part('commit-undo').hidden = !(commit.done && (status === 'committed' || status === 'commit_error'))
  part('commit-another').classList.toggle('primary', !isOpen)
  const library = element('commit-library', HTMLAnchorElement)
  library.hidden = commit.done === 0 || status === 'undone'
  library.href = below(`/library?q=session:${session}`)
  element('commit-report', HTMLAnchorElement).href = below(`/api/ingest/report/${session}`)
}

/** @param {Message} message */
function whatHappened({ status, commit, undo }) {
  if (status === 'undone') {
    const kept = undo?.kept ? ` ${t('commit.kept', { count: undo.kept })}` : ''
    return t('commit.put_back', { count: undo?.done ?? 0 }) + kept
  }
  const refused = commit.errors ? ` ${t('commit.some_refused', { count: commit.errors })}` : ''
  return t('commit.done', { count: commit.done }) + refused
}
