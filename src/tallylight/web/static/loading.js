/** Parts of the page that are loaded once they are needed. */

import { part } from './dom.js'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 15_000

/**
 * The part, once it is there. While it cannot be had, as of a server that is away, the page says so, offers to be loaded
 * again, and tries by itself. (Firefox remembers that a module did not come: there only the former helps.)
 *
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export function loaded(load) {
  return load().catch(() => retried(load))
}

/**
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
async function retried(load) {
  tell(1)
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    await new Promise((over) => setTimeout(over, pause))
    const found = await load().catch(() => null)
    if (found === null) continue
    tell(-1)
    return found
  }
}

/** @param {number} more parts that are lacking */
function tell(more) {
  const notice = part('unloaded')
  const lacking = Number(notice.dataset.lacking ?? 0) + more
  notice.dataset.lacking = String(lacking)
  notice.hidden = lacking === 0
}
