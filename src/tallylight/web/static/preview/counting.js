/** Asks until all is counted. A question that gets no answer is asked again: counts that stand still would look whole. */

import { ApiError, sentence } from '../api.js'

const AGAIN_MS = 1000

/** @template {{ complete: boolean }} T */
export class Counting {
  /** Counted up with each start and stop: what was begun before goes on no more. */
  #turn = 0

  /** Whatever is being asked, its answer is not wanted any more. */
  stop() {
    this.#turn++
  }

  /**
   * @param {object} does
   * @param {() => Promise<T>} does.ask
   * @param {(found: T) => unknown} does.take
   * @param {(trouble: string) => void} does.tell why there is no answer; empty once there is one again
   * @param {number} pause between two answers
   */
  async start({ ask, take, tell }, pause) {
    const turn = ++this.#turn
    const isMeant = () => turn === this.#turn
    let isTroubled = false
    for (let isOver = false; !isOver; ) {
      let wait = pause
      try {
        const found = await ask()
        if (!isMeant()) return
        if (isTroubled) tell('')
        isTroubled = false
        await take(found)
        isOver = found.complete
      } catch (error) {
        if (!isMeant()) return
        tell(sentence(error))
        isTroubled = true
        wait = AGAIN_MS
        isOver = !mayPass(error)
      }
      if (wait && !isOver) await new Promise((over) => setTimeout(over, wait))
      if (!isMeant()) return
    }
  }
}

/**
 * Whether the same question may be answered later: no answer, or one of a server that is in trouble.
 *
 * @param {unknown} error
 */
function mayPass(error) {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500)
}
