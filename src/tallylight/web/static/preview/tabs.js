/** The classes of the preview as tabs: arrows move among those that have files, and the panel below follows. */

import { make, part, write } from '../dom.js'
import { count } from '../format.js'
import { t } from '../text.js'

/** What a commit would do with a file, in the order in which it is told. */
export const CLASSES = /** @type {const} */ (['new', 'changed', 'moved', 'duplicate', 'unchanged', 'failed'])
/** Told only where there are any. */
const OTHERS = /** @type {const} */ (['conflicts'])

/** @typedef {typeof CLASSES[number] | typeof OTHERS[number]} Tab */

export class Tabs {
  /** @type {Tab | null} the one that is shown */
  shown = null
  /** @type {Map<Tab, HTMLButtonElement>} */
  #tabs = new Map()

  /** @param {(tab: Tab) => void} choose called when a person chooses another one */
  constructor(choose) {
    for (const tab of [...CLASSES, ...OTHERS]) this.#tabs.set(tab, this.#make(tab, choose))
    part('plan-tabs').replaceChildren(...this.#tabs.values())
    part('plan-tabs').onkeydown = (event) => this.#pressed(event)
  }

  /**
   * @param {Record<Tab, number>} counts
   * @param {Record<string, number>} aside how many of each are excluded
   */
  draw(counts, aside) {
    for (const [tab, button] of this.#tabs) {
      const value = counts[tab]
      const excluded = aside[tab] ? ` (${t('plan.aside', { count: aside[tab] })})` : ''
      write(button.lastElementChild ?? button, count(value) + excluded)
      button.ariaDisabled = String(value === 0)
      button.hidden = value === 0 && tab === 'conflicts'
    }
    this.show(this.shown ?? CLASSES.find((tab) => counts[tab] > 0) ?? 'new')
  }

  /** @param {Tab} tab */
  show(tab) {
    this.shown = tab
    for (const [other, button] of this.#tabs) {
      button.ariaSelected = String(other === tab)
      button.tabIndex = other === tab ? 0 : -1
    }
    part('plan-panel').setAttribute('aria-labelledby', `tab-${tab}`)
  }

  /**
   * @param {Tab} tab
   * @param {(tab: Tab) => void} choose
   */
  #make(tab, choose) {
    const button = make('button', { type: 'button', id: `tab-${tab}`, title: t(`plan.means_${tab}`) })
    button.append(make('span', {}, t(`plan.${tab}`)), ' ', make('b', {}))
    button.setAttribute('role', 'tab')
    button.setAttribute('aria-controls', 'plan-panel')
    button.onclick = () => {
      if (button.ariaDisabled === 'true' || tab === this.shown) return
      this.show(tab)
      choose(tab)
    }
    return button
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const open = [...this.#tabs.values()].filter((button) => button.ariaDisabled !== 'true' && !button.hidden)
    const at = open.findIndex((button) => button === document.activeElement)
    /** @type {Record<string, number>} */
    const places = { ArrowRight: (at + 1) % open.length, ArrowLeft: (at + open.length - 1) % open.length, Home: 0, End: open.length - 1 }
    const to = open[places[event.key] ?? -1]
    if (!to) return
    event.preventDefault()
    to.focus()
    to.click()
  }
}
