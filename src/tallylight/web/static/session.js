/** The views of one session, from Process to Commit, each of which draws from the store. */

import { Commit } from './commit/commit.js'
import { part } from './dom.js'
import { Preview } from './preview/preview.js'
import { Broken } from './process/broken.js'
import { Failures } from './process/failures.js'
import { Notify } from './process/notify.js'
import { Process } from './process/process.js'

/** @param {import('./store.js').Store} store */
export function watch(store) {
  new Preview(store, new Failures(store))
  for (const Part of [Process, Commit, Notify, Broken]) new Part(store)
  // Most people never open it, so it is not waited for.
  const openLog = () => void import('./process/log.js').then(({ Log }) => new Log(store))
  part('log').addEventListener('toggle', openLog, { once: true })
  // What came meanwhile.
  store.redraw()
}
