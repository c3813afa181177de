/** Which tab holds the connection. Over HTTP/1.1 a browser allows a server six, for all tabs together. */

import { NAME } from '../place.js'

const LEASE_MS = 1000
/** A hidden page's timers run once a second at most. */
const HIDDEN_LEASE_MS = 3000
const LOOK_MS = 300
/** Of those that claim within this time the last one stays. */
const CLAIM_MS = 60

/** @typedef {import('./types.js').Elect} Elect */

/** @type {Elect} */
export function election(lead, follow) {
  try {
    if (!('BroadcastChannel' in globalThis)) return alone(lead, follow)
    // Only a secure context has locks: https, or a loopback address.
    if (navigator.locks) return byLock(lead, follow)
    localStorage.removeItem(NAME + '?')
    return byLease(lead, follow)
  } catch {
    return alone(lead, follow)
  }
}

/** @type {Elect} leads while it holds a lock, which the browser passes on however the tab ends */
function byLock(lead, follow) {
  let standing = new AbortController()
  let release = () => {}

  /** @param {LockOptions} [options] */
  function stand(options) {
    const { signal } = (standing = new AbortController())
    let holds = false
    /** @returns {Promise<void>} */
    const hold = () => new Promise((resolve) => {
      if (signal.aborted) return resolve()
      release = resolve
      holds = true
      lead()
    })
    const lost = () => {
      if (signal.aborted) return
      // No locks after all.
      if (!holds) return lead()
      follow()
      stand()
    }
    navigator.locks.request(NAME, options ?? { signal }, hold).catch(lost)
  }

  const resign = () => (standing.abort(), release())
  return { stand: () => stand(), steal: () => (resign(), stand({ steal: true })), resign }
}

/** @type {Elect} leads while it renews an entry in localStorage that soon runs out */
function byLease(lead, follow) {
  const me = String(Math.random())
  let leads = false
  let claimedAt = 0
  let timer = 0

  function look() {
    const now = Date.now()
    const [tab, until] = (localStorage.getItem(NAME) ?? '').split(' ')
    if (tab === me) {
      if (!leads && now - claimedAt < CLAIM_MS) return
      write()
      if (!leads) lead()
      leads = true
    } else {
      if (leads) follow()
      leads = false
      // Never so far ahead, unless the clock was set back.
      if (!(Number(until) > now && Number(until) < now + 2 * HIDDEN_LEASE_MS)) claim()
    }
  }

  function claim() {
    claimedAt = Date.now()
    write()
    setTimeout(look, CLAIM_MS)
  }

  function write() {
    localStorage.setItem(NAME, `${me} ${Date.now() + (document.hidden ? HIDDEN_LEASE_MS : LEASE_MS)}`)
  }

  function stand() {
    timer = setInterval(look, LOOK_MS)
    addEventListener('storage', look)
    look()
  }

  function resign() {
    clearInterval(timer)
    removeEventListener('storage', look)
    if (leads) localStorage.removeItem(NAME)
    leads = false
  }

  return { stand, steal: claim, resign }
}

/** @type {Elect} where tabs cannot reach one another, each leads while somebody looks at it */
function alone(lead, follow) {
  const look = () => (document.hidden ? follow() : lead())
  const stand = () => (document.addEventListener('visibilitychange', look), look())
  return { stand, steal: () => {}, resign: () => document.removeEventListener('visibilitychange', look) }
}
