/** Puts the page together: the address decides which session is shown, one live connection feeds the store, each part draws from it. */

import { Announcer } from './announcer.js'
import { ApiError, get, sentence } from './api.js'
import { Commit } from './commit/commit.js'
import { Configure } from './configure/configure.js'
import { part, write } from './dom.js'
import { Failures } from './process/failures.js'
import { Latency } from './latency.js'
import { Live } from './live/live.js'
import { Panel } from './panel.js'
import { below, here } from './place.js'
import { Preview } from './preview/preview.js'
import { Process } from './process/process.js'
import { Sessions } from './sessions/sessions.js'
import { Steps } from './steps.js'
import { Store } from './store.js'
import { t } from './text.js'

const store = new Store()
const live = new Live(mode())
const latency = new Latency()
const configure = new Configure(started)
const sessions = new Sessions(store)
new Preview(store, new Failures(store))
new Panel(store, live, latency)
for (const Part of [Process, Commit, Steps, Announcer]) new Part(store)

on('state', ({ state, at }) => {
  store.accept(state)
  if (state.session_id !== store.followed) return
  latency.drew(at)
  if (state.status === 'deleted') store.lose(t('unknown.deleted'))
})
on('connection', ({ connection }) => store.connected(connection))
on('reset', ({ session }) => store.renew(session))
// For tests, and for the curious: how this page keeps up.
Object.assign(window, { tallylight: { latency: () => latency.summary(), leads: () => live.leads } })
// Out of the back-forward cache the page is told everything anew, numbers of a restarted server included.
addEventListener('pageshow', ({ persisted }) => persisted && store.renew())
addEventListener('popstate', () => show(addressed()))
show(document.documentElement.dataset.sessionId || null)

/** @param {string} session */
function started(session) {
  history.pushState(null, '', below(`/sessions/${session}`))
  show(session)
}

/** @param {string | null} session */
function show(session) {
  store.follow(session)
  live.show(session)
  if (session === null) void openConfigure()
  else void look(session)
}

/** How the operator wants pages to be connected. */
function mode() {
  const asked = document.documentElement.dataset.live
  return asked === 'stream' || asked === 'poll' ? asked : 'auto'
}

/** The session that the address names; none for the first step. */
function addressed() {
  const [, session] = /^\/sessions\/([^/]+)/.exec(here()) ?? []
  return session ? decodeURIComponent(session) : null
}

/**
 * Ask once for where the session stands: the stream cannot say that there is no such session.
 *
 * @param {string} session
 */
async function look(session) {
  try {
    store.accept(await get(`/api/ingest/status/${encodeURIComponent(session)}`))
  } catch (error) {
    const isUnknown = error instanceof ApiError && error.status >= 400 && error.status < 500
    if (isUnknown && session === store.followed) store.lose(sentence(error))
  }
}

async function openConfigure() {
  configure.open()
  try {
    const like = new URLSearchParams(location.search).get('like')
    const earlier = (await sessions.load()).find((session) => session.session_id === like)
    if (earlier) configure.fill(earlier.parameters)
  } catch (error) {
    write(part('start-trouble'), sentence(error))
  }
}

/**
 * @param {string} kind
 * @param {(detail: any) => void} take
 */
function on(kind, take) {
  live.addEventListener(kind, (event) => event instanceof CustomEvent && take(event.detail))
}
