/** The first step: what to ingest, and how. Turns the form into a session. */

import { post } from '../api.js'
import { run } from '../command.js'
import { element, part } from '../dom.js'
import { FileTypes } from './filetypes.js'
import { Folders } from './folders.js'

/** @typedef {import('../types.js').Parameters} Parameters */

const OPTIONS = /** @type {const} */ ([
  'extract_metadata',
  'extract_keywords',
  'import_scores',
  'skip_existing',
  'enable_nsfw_detection',
  'read_stealth',
])

export class Configure {
  folders = new Folders()
  fileTypes = new FileTypes()

  /** @param {(session: string) => void} started called with the id of a session once it runs */
  constructor(started) {
    this.started = started
    this.folders.addEventListener('change', () => this.fileTypes.look(this.folders.chosen))
    element('configure-form', HTMLFormElement).onsubmit = (event) => {
      event.preventDefault()
      void run(element('start', HTMLButtonElement), 'start-trouble', () => this.#start())
    }
  }

  /** Show the folders, and what is chosen already: a browser may bring a form back as it was left. */
  open() {
    void this.folders.open(null)
  }

  /**
   * Choose what an earlier session was asked for.
   *
   * @param {Parameters} parameters
   */
  fill(parameters) {
    this.fileTypes.want(parameters.pattern)
    this.folders.choose(parameters.directories)
    for (const option of OPTIONS) {
      const box = element(option, HTMLInputElement)
      box.checked = parameters[option] && !box.disabled
    }
    element('conflict_rule', HTMLSelectElement).value = parameters.conflict_rule ?? 'newest'
    element('max_files', HTMLInputElement).value = parameters.max_files === null ? '' : String(parameters.max_files)
    for (const radio of tiers()) radio.checked = radio.value === parameters.tier
  }

  async #start() {
    const trouble = this.#trouble()
    if (trouble) throw new Error(trouble)
    const answer = /** @type {{session_id: string}} */ (await post('/api/ingest/process', { parameters: this.#read() }))
    this.started(answer.session_id)
  }

  /** What keeps this form from being sent, for people; empty when nothing does. */
  #trouble() {
    if (this.folders.chosen.length === 0) return 'Choose at least one folder.'
    if (this.fileTypes.pattern === null) return 'Switch on at least one file type.'
    if (!element('max_files', HTMLInputElement).checkValidity()) return 'The limit of files is a whole number from 1 on.'
    return ''
  }

  #read() {
    const limit = element('max_files', HTMLInputElement).value
    const options = OPTIONS.map((option) => [option, element(option, HTMLInputElement).checked])
    return {
      directories: this.folders.chosen,
      pattern: this.fileTypes.pattern,
      tier: tiers().find((radio) => radio.checked)?.value ?? 'full',
      max_files: limit ? Number(limit) : null,
      conflict_rule: element('conflict_rule', HTMLSelectElement).value,
      ...Object.fromEntries(options),
    }
  }
}

function tiers() {
  return [...part('tiers').querySelectorAll('input')]
}
