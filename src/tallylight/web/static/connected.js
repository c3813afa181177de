/** What every page has: a store that the one live connection of all tabs feeds, the badge, the small print, the announcer. */

import { Announcer } from './announcer.js'
import { Badge } from './badge.js'
import { Latency } from './latency.js'
import { Live } from './live/live.js'
import { Panel } from './panel.js'
import { Store } from './store.js'
import { t } from './text.js'

/** Connect this page. Follow a session with `show` of the live connection and `follow` of the store. */
export function connect() {
  const store = new Store()
  const live = new Live(mode())
  const latency = new Latency()
  on('state', ({ state, at }) => {
    store.accept(state)
    if (store.followed !== null && state.session_id !== store.followed) return
    latency.drew(at)
    if (store.followed !== null && state.status === 'deleted') store.lose(t('unknown.deleted'))
  })
  on('connection', ({ connection }) => store.connected(connection))
  on('reset', ({ session }) => store.renew(session))
  for (const Part of [Announcer, Badge]) new Part(store)
  new Panel(store, live, latency)
  // For tests, and for the curious: how this page keeps up.
  Object.assign(window, { tallylight: { latency: () => latency.summary(), leads: () => live.leads } })
  // Out of the back-forward cache the page is told everything anew, numbers of a restarted server included.
  addEventListener('pageshow', ({ persisted }) => persisted && store.renew())
  return { store, live }

  /**
   * @param {string} kind
   * @param {(detail: any) => void} take
   */
  function on(kind, take) {
    live.addEventListener(kind, (event) => event instanceof CustomEvent && take(event.detail))
  }
}

/** How the operator wants pages to be connected. */
function mode() {
  const asked = document.documentElement.dataset.live
  return asked === 'stream' || asked === 'poll' ? asked : 'auto'
}
