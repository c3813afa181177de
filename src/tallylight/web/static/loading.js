/** Parts of the page that are loaded once they are needed. */

import { part } from './dom.js'

/**
 * The part, once it is there. Where it cannot be had the page says so and offers to be loaded again, and whoever waits
 * for the part waits for ever: browsers remember that a module did not come.
 *
 * @template T
 * @param {Promise<T>} loading
 * @returns {Promise<T>}
 */
export function loaded(loading) {
  return loading.catch(() => {
    part('unloaded').hidden = false
    return new Promise(() => {})
  })
}
