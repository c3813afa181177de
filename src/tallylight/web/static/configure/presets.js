/** The form as it stands, kept by a name on the server, and brought back by it. */

import { get, put, remove } from '../api.js'
import { run } from '../command.js'
import { element, make, part } from '../dom.js'
import { name as shown } from '../format.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Parameters} Parameters */
/** @typedef {{ name: string, parameters: Parameters }} Preset */

const TROUBLE = 'preset-trouble'

export class Presets {
  /**
   * @param {() => Promise<object>} read what the form says
   * @param {(parameters: Parameters) => void} fill
   */
  constructor(read, fill) {
    this.read = read
    this.fill = fill
    on('preset-use', () => this.#use())
    on('preset-save', () => this.#save())
    on('preset-delete', () => this.#delete())
    element('preset-name', HTMLInputElement).onkeydown = (event) => {
      if (event.key !== 'Enter') return
      // It would start a session.
      event.preventDefault()
      element('preset-save', HTMLButtonElement).click()
    }
  }

  async #use() {
    const preset = (await this.#load()).find(({ name }) => name === chosen().value)
    if (preset) this.fill(preset.parameters)
  }

  async #save() {
    const field = element('preset-name', HTMLInputElement)
    if (!field.value.trim()) throw new Error(t('configure.preset_unnamed'))
    const kept = /** @type {Preset} */ (await put(address(field.value), { parameters: await this.read() }))
    field.value = ''
    await this.#load(kept.name)
  }

  async #delete() {
    await remove(address(chosen().value))
    await this.#load()
    // The button may be gone with the last of them.
    if (part('presets-some').hidden) part('preset-name').focus()
  }

  /**
   * Ask for the presets there are by now, and show them.
   *
   * @param {string} wanted the one to be chosen
   */
  async #load(wanted = chosen().value) {
    const { presets } = /** @type {{presets: Preset[]}} */ (await get('/api/presets'))
    chosen().replaceChildren(...presets.map(({ name }) => make('option', { value: name, selected: name === wanted }, shown(name))))
    part('presets-some').hidden = presets.length === 0
    part('presets-none').hidden = presets.length > 0
    return presets
  }
}

function chosen() {
  return element('preset', HTMLSelectElement)
}

/** @param {string} name */
function address(name) {
  return `/api/presets/${encodeURIComponent(name)}`
}

/**
 * @param {string} id
 * @param {() => Promise<void>} act
 */
function on(id, act) {
  const button = element(id, HTMLButtonElement)
  button.onclick = (event) => {
    event.preventDefault()
    void run(button, TROUBLE, act)
  }
}
