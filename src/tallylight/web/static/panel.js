/** What the badge shows when it is pressed: how the page is connected, and how long updates take to be seen. */

import { element, part, write } from './dom.js'
import { bytes } from './format.js'
import { t } from './text.js'

const LOOK_MS = 1000

export class Panel {
  /**
   * @param {import('./store.js').Store} store
   * @param {import('./live/live.js').Live} live
   * @param {import('./latency.js').Latency} latency
   */
  constructor(store, live, latency) {
    this.store = store
    this.live = live
    this.latency = latency
    const badge = element('connection', HTMLButtonElement)
    badge.onclick = () => this.#show(badge.ariaExpanded !== 'true')
    this.badge = badge
    this.timer = 0
    document.addEventListener('keydown', ({ key }) => key === 'Escape' && this.#show(false))
    document.addEventListener('click', ({ target }) => {
      if (target instanceof Node && !part('panel').contains(target) && !badge.contains(target)) this.#show(false)
    })
  }

  /** @param {boolean} isShown */
  #show(isShown) {
    clearInterval(this.timer)
    part('panel').hidden = !isShown
    this.badge.ariaExpanded = String(isShown)
    if (!isShown) return
    this.timer = setInterval(() => this.#draw(), LOOK_MS)
    this.#draw()
  }

  #draw() {
    const { leads, line } = this.live
    write(part('panel-connection'), t(`panel.${this.store.connection}`))
    write(part('panel-tab'), leads ? t('panel.leads', { received: bytes(line.received) }) : t('panel.follows'))
    write(part('panel-latency'), shown(this.latency.summary()))
  }
}

/** @param {{ count: number, p50: number, p95: number, max: number }} summary */
function shown({ count: painted, p50, p95, max }) {
  if (!painted) return t('panel.nothing')
  const [half = '', most = '', all = ''] = [p50, p95, max].map((ms) => `${ms.toFixed(0)} ms`)
  return t('panel.times', { half, most, all, painted })
}
