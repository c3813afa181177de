/** The third step: what was found, what a commit would do, and the button that does it. */

import { get, post, sentence } from '../api.js'
import { run } from '../command.js'
import { willHappen } from '../commit/plan.js'
import { Diff } from './diff.js'
import { element, part, write } from '../dom.js'
import { bytes, count, counted, duration, files } from '../format.js'
import { below } from '../place.js'
import { Samples } from './samples.js'
import { stepOf } from '../store.js'

/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Report} Report */

const TITLES = new Map([
  ['completed', 'Ready to review'],
  ['cancelled', 'Cancelled'],
  ['error', 'The run stopped'],
])

export class Preview {
  /** @type {string | null} the session whose report is shown */
  #reported = null
  samples = new Samples()
  diff = new Diff()

  /**
   * @param {import('../store.js').Store} store
   * @param {{ tell(failures: import('../types.js').Failure[]): void }} failures
   */
  constructor(store, failures) {
    this.store = store
    this.failures = failures
    const commit = element('commit-start', HTMLButtonElement)
    commit.onclick = () => run(commit, 'commit-trouble', () => this.#commit())
    const retry = element('retry-failed', HTMLButtonElement)
    retry.onclick = () => run(retry, 'commit-trouble', () => post(`/api/ingest/retry-failed/${store.followed}`))
    store.addEventListener('draw', () => this.#draw())
    this.diff.addEventListener('change', () => this.#drawPlan())
  }

  #draw() {
    const { message } = this.store
    if (!message || stepOf(message) === 'process') return this.#clear()
    if (stepOf(message) === 'preview') this.#drawHead(message)
    // Once it is done, what it would do is history.
    else part('plan').hidden = true
    if (this.#reported === message.session_id) return
    this.#reported = message.session_id
    write(part('commit-trouble'), '')
    void this.samples.load(message.session_id)
    if (stepOf(message) === 'preview') void this.diff.load(message.session_id)
    void this.#report(message.session_id)
  }

  /** @param {Message} message */
  #drawHead(message) {
    if (this.#reported !== message.session_id) this.diff.clear()
    drawHead(message)
    this.#drawCommit(message)
  }

  #clear() {
    if (this.#reported === null) return
    this.#reported = null
    part('plan').hidden = true
    part('samples').hidden = true
    this.diff.clear()
  }

  /** Commit just what is shown. Where that is refused, show what there is now. */
  async #commit() {
    const { counts } = this.diff
    const { followed } = this.store
    try {
      await post('/api/ingest/commit', { session_id: followed, ...(counts?.complete && { preview: counts.preview }) })
    } catch (error) {
      if (followed !== null) void this.diff.load(followed)
      throw error
    }
  }

  #drawPlan() {
    const { message } = this.store
    if (!message || stepOf(message) !== 'preview') return
    part('plan').hidden = this.diff.counts === null
    this.#drawCommit(message)
  }

  /** @param {Message} message */
  #drawCommit({ processed_files: processed, stats }) {
    const { errors, missing, found_again: found } = stats
    write(part('commit-plan'), willHappen(this.diff.counts, stats))
    // Until it is known what a commit would do, what was read stands in.
    const ready = this.diff.counts?.to_commit ?? processed - errors
    const button = element('commit-start', HTMLButtonElement)
    button.hidden = ready === 0 && missing === 0 && found === 0
    write(button, ready ? `Commit ${files(ready)} to the catalog` : 'Commit what is missing and what was found again')
  }

  /** @param {string} session */
  async #report(session) {
    try {
      const report = /** @type {Report} */ (await get(`/api/ingest/report/${session}?format=json`))
      if (this.#reported !== session) return
      drawTypes(report)
      this.failures.tell(report.folders_unread)
    } catch (error) {
      write(part('commit-trouble'), sentence(error))
    }
  }
}

/** @param {Message} message */
function drawHead(message) {
  write(part('preview-title'), TITLES.get(message.status) ?? message.status)
  write(part('preview-summary'), whatHappened(message))
  write(part('preview-error'), message.error?.message ?? '')
  const retry = element('retry-failed', HTMLButtonElement)
  retry.hidden = message.stats.errors === 0
  write(retry, `Retry ${counted(message.stats.errors, 'failed file', 'failed files')}`)
  element('preview-report', HTMLAnchorElement).href = below(`/api/ingest/report/${message.session_id}`)
  element('preview-again', HTMLAnchorElement).href = below(`/?like=${message.session_id}`)
}

/** @param {Message} message */
function whatHappened({ status, stats, bytes_done: read, elapsed_s: elapsed, processed_files: processed }) {
  if (status === 'completed' && stats.total_discovered === 0) return 'No picture or video is in these folders.'
  if (status === 'completed' && processed === 0) {
    return stats.missing || stats.found_again ? lookedAfter(stats) : `Nothing to do: ${nothingLeft(stats)}.`
  }
  const total = status === 'completed' ? files(processed) : `${count(processed)} of ${files(stats.total_files)}`
  return `${total}, ${bytes(read)}, in ${duration(elapsed)}.`
}

/** @param {import('../types.js').Stats} stats */
function lookedAfter({ skipped_existing: skipped, missing, found_again: found }) {
  const again = found ? `, ${counted(found, 'file', 'files')} found again` : ''
  return `No file to read: ${files(skipped)} unchanged, ${count(missing)} missing${again}.`
}

/** @param {import('../types.js').Stats} stats */
function nothingLeft({ skipped_existing: skipped, excluded }) {
  if (!excluded) return `${skipped === 1 ? 'the one file is' : `all ${files(skipped)} are`} in the catalog, unchanged`
  if (!skipped) return `none of the ${files(excluded)} is of a wanted type`
  return `${files(skipped)} unchanged, ${count(excluded)} left out`
}

/** @param {Report} report */
function drawTypes({ by_type: types }) {
  const parts = Object.entries(types).map(([type, value]) => `${count(value)} ${type}`)
  write(part('plan-types'), parts.join(' · '))
}
