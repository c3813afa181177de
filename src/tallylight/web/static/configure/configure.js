/** The first step: what to ingest, and how. Takes over the form that the server drew, and turns it into a session. */

import { post } from '../api.js'
import { run } from '../command.js'
import { element, part } from '../dom.js'
import { t } from '../text.js'
import { Estimate } from './estimate.js'
import { FileTypes } from './filetypes.js'
import { Folders } from './folders.js'
import { Presets } from './presets.js'

/** @typedef {import('../types.js').Parameters} Parameters */

const OPTIONS = /** @type {const} */ ([
  'extract_metadata',
  'extract_keywords',
  'import_scores',
  'skip_existing',
  'enable_nsfw_detection',
  'read_stealth',
  'pixel_hash',
])

export class Configure {
  folders = new Folders()
  fileTypes = new FileTypes()
  estimate = new Estimate()

  /** @param {(session: string) => void} started called with the id of a session once it runs */
  constructor(started) {
    this.started = started
    new Presets(
      () => this.#settled(),
      (parameters) => this.fill(parameters),
    )
    this.folders.addEventListener('change', () => {
      const looked = this.fileTypes.look(this.folders.chosen)
      if (!this.fileTypes.isOpen) return this.#foresee()
      this.estimate.ask(null)
      void looked.then(() => this.#foresee())
    })
    const form = element('configure-form', HTMLFormElement)
    // Enter in a field presses the first button that submits.
    for (const button of form.querySelectorAll('button')) if (button.id !== 'start') button.type = 'button'
    form.onchange = (event) => {
      const isOption = event.target instanceof HTMLElement && event.target.closest('fieldset') !== null
      if (isOption) this.#foresee()
    }
    form.onsubmit = (event) => {
      event.preventDefault()
      void run(element('start', HTMLButtonElement), 'start-trouble', () => this.#start())
    }
  }

  /** Show the folders, and what is chosen already: the server or a browser may bring a form that is filled in. */
  open() {
    const ticked = [...part('configure').querySelectorAll('input')].filter((box) => box.name === 'directories' && box.checked)
    const { pattern } = element('configure-form', HTMLFormElement).dataset
    if (pattern) this.fileTypes.want(pattern)
    this.folders.choose([...this.folders.chosen, ...ticked.map((box) => box.value)])
    void this.folders.open(part('folders-list').dataset.path || null)
  }

  /**
   * Choose what an earlier session was asked for.
   *
   * @param {Parameters} parameters
   */
  fill(parameters) {
    this.fileTypes.want(parameters.pattern)
    for (const option of OPTIONS) {
      const box = element(option, HTMLInputElement)
      box.checked = parameters[option] && !box.disabled
    }
    element('conflict_rule', HTMLSelectElement).value = parameters.conflict_rule ?? 'newest'
    element('nsfw_threshold', HTMLInputElement).value = String(parameters.nsfw_threshold)
    element('max_files', HTMLInputElement).value = parameters.max_files === null ? '' : String(parameters.max_files)
    for (const radio of tiers()) radio.checked = radio.value === parameters.tier
    this.folders.choose(parameters.directories)
  }

  async #start() {
    const parameters = await this.#settled()
    const trouble = this.#trouble()
    if (trouble) throw new Error(trouble)
    const answer = /** @type {{session_id: string}} */ (await post('/api/ingest/process', { parameters }))
    this.started(answer.session_id)
  }

  /** What keeps this form from being sent, for people; empty when nothing does. */
  #trouble() {
    if (this.folders.chosen.length === 0) return t('configure.no_folder')
    if (this.fileTypes.pattern === null) return t('configure.no_type')
    return element('max_files', HTMLInputElement).checkValidity() ? '' : t('configure.bad_limit')
  }

  #foresee() {
    this.estimate.ask(this.#trouble() ? null : this.#read())
  }

  /** What the form says. A folder that was chosen just now may hold types that are switched off. */
  async #settled() {
    if (this.fileTypes.isOpen) await this.fileTypes.known
    return this.#read()
  }

  #read() {
    const limit = element('max_files', HTMLInputElement).value
    const options = OPTIONS.map((option) => [option, element(option, HTMLInputElement).checked])
    return {
      directories: this.folders.chosen,
      pattern: this.fileTypes.pattern ?? '',
      tier: tiers().find((radio) => radio.checked)?.value ?? 'full',
      nsfw_threshold: Number(element('nsfw_threshold', HTMLInputElement).value),
      max_files: limit ? Number(limit) : null,
      conflict_rule: element('conflict_rule', HTMLSelectElement).value,
      ...Object.fromEntries(options),
    }
  }
}

function tiers() {
  return [...part('tiers').querySelectorAll('input')]
}
