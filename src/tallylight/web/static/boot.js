/**
 * Loads the page's modules as the page is painted, not before: fifty files at once are so much to do for a browser that it
 * would paint later. What is to be loaded stands in the template `modules`.
 */

/** Milliseconds after which nobody waits any longer for a page that is not painted. */
const LATEST_MS = 1_000

if (document.hidden) load()
else {
  addEventListener('visibilitychange', load, { once: true })
  setTimeout(load, LATEST_MS)
  requestAnimationFrame(load)
}

function load() {
  const modules = document.getElementById('modules')
  if (!(modules instanceof HTMLTemplateElement)) return
  document.head.append(modules.content)
  modules.remove()
}
