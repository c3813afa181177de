/** The small print at the foot of the page: how it is connected, and how long updates take to be seen. */

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
    const details = element('panel', HTMLDetailsElement)
    let timer = 0
    details.ontoggle = () => {
      clearInterval(timer)
      if (details.open) timer = setInterval(() => this.#draw(), LOOK_MS)
      this.#draw()
    }
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
