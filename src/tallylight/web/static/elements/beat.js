/** A gentle sign that something has changed. What it looks like, and whether it moves at all, is the style sheet's. */

const BEAT_MS = 600
/** @type {WeakMap<Element, number>} */
const last = new WeakMap()

/**
 * Have the element's animation run once more. Two names take turns: an animation of the same name would not start anew,
 * and to have it start by force the browser would have to lay the page out.
 *
 * @param {HTMLElement} target
 */
export function beat(target) {
  const now = performance.now()
  if (now - (last.get(target) ?? -BEAT_MS) < BEAT_MS) return
  last.set(target, now)
  target.dataset.beat = target.dataset.beat === 'a' ? 'b' : 'a'
}
