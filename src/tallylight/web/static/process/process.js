/** The second step: the numbers while they move. Also keeps the six counts, which later steps go on showing. */

import { post } from '../api.js'
import { run } from '../command.js'
import { element, fill, part, write } from '../dom.js'
import { TallyCount } from '../elements/count.js'
import { TallySparkline } from '../elements/sparkline.js'
import { bytes, count, duration, files, name, percent, rate } from '../format.js'
import { stepOf } from '../store.js'
import { t } from '../text.js'
import { Milestones } from './milestones.js'
import { Workers } from './workers.js'

/** @typedef {import('../types.js').Message} Message */

/** @type {['processed_files', 'metadata_extracted', 'keywords_added', 'scores_imported', 'nsfw_detected', 'errors']} */
const COUNTS = ['processed_files', 'metadata_extracted', 'keywords_added', 'scores_imported', 'nsfw_detected', 'errors']

export class Process {
  /** @type {Message | null} as it was drawn last */
  #drawn = null
  #workers = new Workers()
  #milestones = new Milestones()
  #files = element('spark-files', TallySparkline)
  #bytes = element('spark-bytes', TallySparkline)
  /** the furthest that the bar has come in this run */
  #furthest = 0

  /** @param {import('../store.js').Store} store */
  constructor(store) {
    const cancel = element('cancel', HTMLButtonElement)
    const pause = element('pause', HTMLButtonElement)
    const command = () => (waits(store.message) ? 'resume' : 'pause')
    pause.onclick = () => run(pause, 'cancel-trouble', () => post(`/api/ingest/${command()}/${store.followed}`))
    cancel.onclick = () => run(cancel, 'cancel-trouble', () => post(`/api/ingest/cancel/${store.followed}`))
    this.#files.describe = filesPerSecond
    this.#bytes.describe = bytesPerSecond
    store.addEventListener('draw', () => store.message && this.#draw(store.message))
  }

  /** @param {Message} message */
  #draw(message) {
    if (message === this.#drawn) return
    if (message.session_id !== this.#drawn?.session_id) this.#restart()
    this.#drawn = message
    drawTally(message)
    this.#milestones.draw(message)
    // The next run of this session, a retry say, begins at nothing.
    if (stepOf(message) !== 'process') return void (this.#furthest = 0)
    drawWaiting(message)
    this.#drawProgress(message)
    this.#drawPace(message)
    this.#workers.draw(message.workers ?? [])
  }

  #restart() {
    this.#furthest = 0
    this.#files.clear()
    this.#bytes.clear()
    this.#workers.clear()
  }

  /** @param {Message} message */
  #drawProgress({ total_final: isFinal, progress, processed_files: done, total_files: total, current_file: file = '' }) {
    this.#furthest = Math.max(this.#furthest, progress)
    const atLeast = total ? t('process.at_least', { files: files(total) }) : t('process.looking')
    drawStage(isFinal)
    write(part('process-percent'), isFinal ? percent(this.#furthest) : count(done))
    write(part('process-of'), isFinal ? t('process.of', { done, files: files(total) }) : atLeast)
    fill(element('process-bar', HTMLProgressElement), isFinal ? this.#furthest : null)
    const current = part('process-file')
    write(current, name(file))
    if (current.title !== name(file)) current.title = name(file)
  }

  /** @param {Message} message */
  #drawPace(message) {
    const { files_per_s: speed, bytes_per_s: reading, elapsed_s: elapsed, eta_s: left, total_final: isFinal, t: at } = message
    write(part('process-files-per-s'), speed === undefined ? '–' : filesPerSecond(speed))
    write(part('process-bytes-per-s'), reading === undefined ? '–' : bytesPerSecond(reading))
    write(part('process-elapsed'), duration(elapsed))
    write(part('process-eta'), waits(message) ? '–' : timeLeft(isFinal, left))
    if (speed !== undefined) this.#files.add(at, speed)
    if (reading !== undefined) this.#bytes.add(at, reading)
  }
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
function drawWaiting(message) {
  const { held, total_final: isFinal } = message
  const isPaused = waits(message)
  const going = t(isFinal ? 'process.title' : 'process.title_counting')
  write(part('process-title'), held ? t('process.held') : isPaused ? t('process.paused') : going)
  write(part('pause'), t(held ? 'process.go_on' : isPaused ? 'process.resume' : 'process.pause'))
  part('process-held').hidden = !held
  write(part('process-held'), held?.message ?? '')
}

/** @param {boolean} isCounted */
function drawStage(isCounted) {
  const [scan, process] = [part('stage-scan'), part('stage-process')]
  scan.toggleAttribute('data-done', isCounted)
  for (const [stage, isHere] of /** @type {[HTMLElement, boolean][]} */ ([[scan, !isCounted], [process, isCounted]])) {
    if (isHere) stage.setAttribute('aria-current', 'step')
    else stage.removeAttribute('aria-current')
  }
}

/** @param {Message} message */
function drawTally({ stats }) {
  for (const key of COUNTS) element(`count-${key}`, TallyCount).value = stats[key]
  part('count-errors').toggleAttribute('data-some', stats.errors > 0)
  const skipped = part('tally-skipped')
  const notes = [
    stats.skipped_existing && t('tally.skipped', { count: stats.skipped_existing }),
    stats.excluded && t('tally.excluded', { count: stats.excluded }),
    stats.missing && t('tally.missing', { count: stats.missing }),
  ].filter(Boolean)
  skipped.hidden = notes.length === 0
  write(skipped, notes.join(' · '))
}

/** @param {number} value */
function filesPerSecond(value) {
  return t('process.files_per_s', { rate: rate(value) })
}

/** @param {number} value */
function bytesPerSecond(value) {
  return t('process.bytes_per_s', { size: bytes(value) })
}

/**
 * @param {boolean} isFinal
 * @param {number | undefined} left
 */
function timeLeft(isFinal, left) {
  if (!isFinal) return t('process.counting')
  return left === undefined ? t('process.estimating') : duration(left)
}
