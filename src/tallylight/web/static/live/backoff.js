/** @param {number} failures in a row; full jitter, in ms */
export function backoff(failures) {
  return Math.random() * Math.min(15_000, 500 * 2 ** failures)
}
