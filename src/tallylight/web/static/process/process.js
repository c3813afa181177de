/** The second step: the numbers while they move. Also keeps the six counts, which later steps go on showing. */

import { post } from '../api.js'
import { run } from '../command.js'
import { element, fill, part, write } from '../dom.js'
import { bytes, count, counted, duration, files, name, rate } from '../format.js'
import { stepOf } from '../store.js'

/** @typedef {import('../types.js').Message} Message */

/** @type {['processed_files', 'metadata_extracted', 'keywords_added', 'scores_imported', 'nsfw_detected', 'errors']} */
const COUNTS = ['processed_files', 'metadata_extracted', 'keywords_added', 'scores_imported', 'nsfw_detected', 'errors']

export class Process {
  /** @param {import('../store.js').Store} store */
  constructor(store) {
    const cancel = element('cancel', HTMLButtonElement)
    const pause = element('pause', HTMLButtonElement)
    const command = () => (waits(store.message) ? 'resume' : 'pause')
    pause.onclick = () => run(pause, 'cancel-trouble', () => post(`/api/ingest/${command()}/${store.followed}`))
    cancel.onclick = () => run(cancel, 'cancel-trouble', () => post(`/api/ingest/cancel/${store.followed}`))
    store.addEventListener('change', () => store.message && draw(store.message))
  }
}

/** @param {Message} message */
function draw(message) {
  drawTally(message)
  if (stepOf(message) !== 'process') return
  write(element('pause', HTMLButtonElement), message.held ? 'Go on' : waits(message) ? 'Resume' : 'Pause')
  const held = part('process-held')
  held.hidden = !message.held
  write(held, message.held?.message ?? '')
  drawProgress(message)
  drawPace(message)
}

/**
 * Whether nothing is worked on until somebody says so.
 *
 * @param {Message | null} message
 */
function waits(message) {
  return message !== null && (message.status === 'paused' || message.status === 'held')
}

/** @param {Message} message */
function drawTally({ stats }) {
  for (const key of COUNTS) write(part(`count-${key}`), count(stats[key]))
  part('count-errors').toggleAttribute('data-some', stats.errors > 0)
  const skipped = part('tally-skipped')
  const notes = [
    stats.skipped_existing && `${files(stats.skipped_existing)} skipped: in the catalog already, unchanged`,
    stats.excluded && `${counted(stats.excluded, 'file', 'files')} left out by type or limit`,
    stats.missing && `${counted(stats.missing, 'file', 'files')} of the catalog missing`,
  ].filter(Boolean)
  skipped.hidden = notes.length === 0
  write(skipped, notes.join(' · '))
}

/** @param {Message} message */
function drawProgress(message) {
  const { total_final: isFinal, progress, processed_files: done, total_files: total, current_file: file } = message
  write(part('process-title'), message.held ? 'Held' : waits(message) ? 'Paused' : isFinal ? 'Processing' : 'Processing, still counting')
  const atLeast = total ? `of at least ${files(total)}` : 'looking for files…'
  write(part('process-percent'), isFinal ? `${progress}%` : count(done))
  write(part('process-of'), isFinal ? `${count(done)} of ${files(total)}` : atLeast)
  fill(element('process-bar', HTMLProgressElement), isFinal ? progress : null)
  const current = part('process-file')
  write(current, name(file ?? ''))
  current.title = name(file ?? '')
}

/** @param {Message} message */
function drawPace(message) {
  const { files_per_s: speed, bytes_per_s: reading, elapsed_s: elapsed, eta_s: left, total_final: isFinal } = message
  write(part('process-files-per-s'), speed === undefined ? '–' : `${rate(speed)} files/s`)
  write(part('process-bytes-per-s'), reading === undefined ? '–' : `${bytes(reading)}/s`)
  write(part('process-elapsed'), duration(elapsed))
  write(part('process-eta'), waits(message) ? '–' : timeLeft(isFinal, left))
}

/**
 * @param {boolean} isFinal
 * @param {number | undefined} left
 */
function timeLeft(isFinal, left) {
  if (!isFinal) return 'counting…'
  return left === undefined ? 'estimating…' : duration(left)
}
