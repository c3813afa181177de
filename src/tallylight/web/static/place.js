/** Where this server is found. Behind a proxy it may be below a path, `/tally` say, which the page is told. */

export const PREFIX = document.documentElement.dataset.prefix ?? ''

/** Of each server its own, where tabs share something: several may stand below one name. */
export const NAME = 'tallylight' + PREFIX

/**
 * The address of what the server has at this path.
 *
 * @param {string} path
 */
export function below(path) {
  return PREFIX + path
}

/** The path that the browser shows, as the server calls it. */
export function here() {
  const { pathname } = location
  return pathname.startsWith(PREFIX + '/') ? pathname.slice(PREFIX.length) : pathname
}

/**
 * Whoever is not let in has to log in: in place of every page the server then answers with its log-in.
 *
 * @param {number} status
 */
export function admitted(status) {
  if (status === 401) location.reload()
}

/**
 * An EventSource does not say why it was refused.
 *
 * @param {EventSource} source
 */
export async function askAdmission(source) {
  if (source.readyState !== EventSource.CLOSED) return
  const response = await fetch(below('/api/ingest/active-session')).catch(() => null)
  if (response) admitted(response.status)
}
