/**
 * How long updates take from their arrival in this tab to their paint, as the browser itself sees it: until a task after
 * the frame in which the page drew them. Updates that arrive while the page is hidden are not painted, and not counted.
 */

const MOST = 1000

export class Latency {
  /** @type {number[]} ms, the newest at the end */
  #painted = []
  /** @type {number[]} arrivals that wait for the next frame */
  #waiting = []
  #channel = new MessageChannel()

  constructor() {
    this.#channel.port1.onmessage = () => this.#record(performance.now())
  }

  /**
   * An update was drawn that arrived at this time (performance.now()).
   *
   * @param {number} at
   */
  drew(at) {
    if (document.hidden) return
    // A message posted in a frame's callback is delivered after that frame was painted.
    if (this.#waiting.push(at) === 1) requestAnimationFrame(() => this.#channel.port2.postMessage(null))
  }

  /** Of the last painted updates, at most 1,000: how many, and ms. */
  summary() {
    const sorted = [...this.#painted].sort((one, other) => one - other)
    /** @param {number} share */
    const at = (share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
    return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) }
  }

  /** @param {number} now */
  #record(now) {
    const arrivals = this.#waiting.splice(0)
    // Frames of a page that was hidden meanwhile come when it is shown again, which is no latency of ours.
    if (document.hidden) return
    this.#painted.push(...arrivals.map((at) => now - at))
    this.#painted.splice(0, this.#painted.length - MOST)
  }
}
