/** The views of one session, from Process to Commit, each of which draws from the store. */

import { Commit } from './commit/commit.js'
import { element, part } from './dom.js'
import { loaded } from './loading.js'
import { Preview } from './preview/preview.js'
import { Broken } from './process/broken.js'
import { Notify } from './process/notify.js'
import { Process } from './process/process.js'

/** @typedef {import('./store.js').Store} Store */

/** @param {Store} store */
export function watch(store) {
  new Preview(store, new Failing(store))
  for (const Part of [Process, Commit, Notify, Broken]) new Part(store)
  // Most people never open it, so it is not waited for.
  const openLog = () => void loaded(() => import('./process/log.js')).then(({ Log }) => new Log(store))
  if (element('log', HTMLDetailsElement).open) openLog()
  else part('log').addEventListener('toggle', openLog, { once: true })
  // What came meanwhile.
  store.redraw()
}

/** Many sessions fail at nothing, so what shows failures is loaded with the first. */
class Failing {
  /** @type {Promise<import('./process/failures.js').Failures> | undefined} */
  #loading

  /** @param {Store} store */
  constructor(store) {
    this.store = store
    store.addEventListener('draw', () => store.message?.errors.length && this.#load())
  }

  /** @param {import('./types.js').Failure[]} failures which no message has told */
  tell(failures) {
    if (failures.length) void this.#load().then((loaded) => loaded.tell(failures))
  }

  #load() {
    this.#loading ??= loaded(() => import('./process/failures.js')).then(({ Failures }) => new Failures(this.store))
    return this.#loading
  }
}
