/** The third step: what was found, what a commit would do, and the button that does it. */

import { get, post, sentence } from '../api.js'
import { run } from '../command.js'
import { willHappen } from '../commit/plan.js'
import { element, part, write } from '../dom.js'
import { bytes, duration, files } from '../format.js'
import { loaded } from '../loading.js'
import { below } from '../place.js'
import { stepOf } from '../store.js'
import { known, t } from '../text.js'

/** @typedef {import('../types.js').Message} Message */
/** @typedef {import('../types.js').Report} Report */
/** @typedef {{ diff: import('./diff.js').Diff, charts: import('./charts.js').Charts }} Views */

export class Preview {
  /** @type {string | null} the session whose report is shown */
  #reported = null
  #reportedStep = ''
  /** The session that the threshold is of, and whether it is known: it is set once, after that it is the user's */
  #veiled = { session: '', isKnown: false }
  /** @type {Views | null} tabs, grid and charts; none before the first review */
  #views = null

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
  }

  /** Their modules are half of the page, and a run may take hours: they are loaded when there is something to review. */
  async #open() {
    if (this.#views) return this.#views
    const [{ Diff }, { Charts }] = await loaded(() => Promise.all([import('./diff.js'), import('./charts.js')]))
    // Another session may have come to its review meanwhile.
    if (this.#views) return /** @type {Views} */ (this.#views)
    const diff = new Diff()
    const charts = new Charts((choice) => diff.exclude(choice))
    diff.addEventListener('change', () => this.#drawPlan())
    charts.addEventListener('veil', (event) => event instanceof CustomEvent && diff.veil(event.detail))
    charts.addEventListener('narrow', (event) => event instanceof CustomEvent && diff.narrow(event.detail))
    this.#views = { diff, charts }
    return this.#views
  }

  /**
   * @param {string} session
   * @param {boolean} canChoose
   */
  async #load(session, canChoose) {
    try {
      const { diff, charts } = await this.#open()
      if (session !== this.#reported) return
      if (session !== this.#veiled.session) {
        this.#veiled = { session, isKnown: false }
        diff.veil(0)
      }
      void diff.load(session, canChoose)
      void charts.load(session, canChoose)
      await this.#report(session, charts)
    } catch (error) {
      if (session === this.#reported) write(part('commit-trouble'), sentence(error))
    }
  }

  #draw() {
    const { message } = this.store
    if (!message || stepOf(message) === 'process') return this.#clear()
    const step = stepOf(message)
    if (step === 'preview') this.#drawHead(message)
    if (this.#reported === message.session_id && this.#reportedStep === step) return
    this.#reported = message.session_id
    this.#reportedStep = step
    write(part('commit-trouble'), '')
    // Once a commit has begun, it shows what that does, and nothing can be left out any more.
    const canChoose = step === 'preview'
    write(part('plan-title'), t(canChoose ? 'plan.title' : 'plan.title_done'))
    void this.#load(message.session_id, canChoose)
  }

  /** @param {Message} message */
  #drawHead(message) {
    if (this.#reported !== message.session_id) this.#views?.diff.clear()
    drawHead(message)
    this.#drawCommit(message)
  }

  #clear() {
    if (this.#reported === null) return
    this.#reported = null
    part('plan').hidden = true
    this.#views?.diff.clear()
    this.#views?.charts.clear()
  }

  /** Commit just what is shown. Where that is refused, show what there is now. */
  async #commit() {
    const counts = this.#views?.diff.counts
    const { followed } = this.store
    try {
      await post('/api/ingest/commit', { session_id: followed, ...(counts?.complete && { preview: counts.preview }) })
    } catch (error) {
      if (followed !== null) void this.#views?.diff.load(followed, true)
      throw error
    }
  }

  #drawPlan() {
    const { message } = this.store
    part('plan').hidden = !this.#views?.diff.counts
    if (message && stepOf(message) === 'preview') this.#drawCommit(message)
  }

  /** @param {Message} message */
  #drawCommit({ processed_files: processed, stats }) {
    const { errors, missing, found_again: found } = stats
    const counts = this.#views?.diff.counts ?? null
    write(part('commit-plan'), willHappen(counts, stats))
    // Until it is known what a commit would do, what was read stands in.
    const ready = counts?.complete ? counts.to_commit : processed - errors
    const button = element('commit-start', HTMLButtonElement)
    button.hidden = ready === 0 && missing === 0 && found === 0
    write(button, ready ? t('preview.commit', { count: ready }) : t('preview.commit_missing'))
  }

  /**
   * @param {string} session
   * @param {Views['charts']} charts
   */
  async #report(session, charts) {
    const report = /** @type {Report} */ (await get(`/api/ingest/report/${session}?format=json`))
    if (this.#reported !== session) return
    if (!this.#veiled.isKnown) charts.threshold = report.parameters.nsfw_threshold
    this.#veiled.isKnown = true
    this.failures.tell(report.folders_unread)
  }
}

/** @param {Message} message */
function drawHead(message) {
  write(part('preview-title'), known(`preview.${message.status}`) ?? message.status)
  write(part('preview-summary'), whatHappened(message))
  write(part('preview-error'), message.error?.message ?? '')
  const retry = element('retry-failed', HTMLButtonElement)
  retry.hidden = message.stats.errors === 0
  write(retry, t('preview.retry', { count: message.stats.errors }))
  element('preview-report', HTMLAnchorElement).href = below(`/api/ingest/report/${message.session_id}`)
  element('preview-again', HTMLAnchorElement).href = below(`/?like=${message.session_id}`)
}

/** @param {Message} message */
function whatHappened({ status, stats, bytes_done: read, elapsed_s: elapsed, processed_files: processed }) {
  if (status === 'completed' && stats.total_discovered === 0) return t('preview.nothing_found')
  if (status === 'completed' && processed === 0) {
    return stats.missing || stats.found_again ? lookedAfter(stats) : nothingLeft(stats)
  }
  const rest = { size: bytes(read), time: duration(elapsed) }
  if (status === 'completed') return t('preview.done', { files: files(processed), ...rest })
  return t('preview.done_of', { done: processed, files: files(stats.total_files), ...rest })
}

/** @param {import('../types.js').Stats} stats */
function lookedAfter({ skipped_existing: skipped, missing, found_again: again }) {
  return t(again ? 'preview.looked_again' : 'preview.looked', { files: files(skipped), missing, again: files(again) })
}

/** @param {import('../types.js').Stats} stats */
function nothingLeft({ skipped_existing: skipped, excluded }) {
  if (!excluded) return t('preview.all_unchanged', { count: skipped })
  if (!skipped) return t('preview.all_excluded', { count: excluded })
  return t('preview.nothing_left', { files: files(skipped), excluded })
}
