/** Puts the page together: the address decides what is shown, one live connection feeds the store, each part draws from it. */

import { ApiError, get, sentence } from './api.js'
import { connect } from './connected.js'
import { part, write } from './dom.js'
import { loaded } from './loading.js'
import { below, here } from './place.js'
import { Steps } from './steps.js'

const { store, live } = connect()
/** @type {Promise<import('./start.js').Start> | undefined} */
let starting
/** @type {Promise<void> | undefined} */
let watching

new Steps(store)
part('unloaded-reload').onclick = () => location.reload()
addEventListener('popstate', () => {
  const session = addressed()
  // A page that was loaded for a session comes without the first step.
  if (session === null && document.documentElement.dataset.sessionId) location.reload()
  else show(session)
})
show(document.documentElement.dataset.sessionId || null)

/** @param {string} session */
function started(session) {
  history.pushState(null, '', below(`/sessions/${session}`))
  show(session)
}

/** @param {string | null} session */
function show(session) {
  if (session !== store.followed) forgetTroubles()
  store.follow(session)
  live.show(session)
  if (session === null) void start()
  else void watch().then(() => look(session))
}

/** What could not be done in one session is nothing to tell in another. */
function forgetTroubles() {
  for (const trouble of document.querySelectorAll('.trouble[role="alert"]')) write(trouble, '')
}

/** The first step is loaded where it is shown: a session's page does without. */
async function start() {
  starting ??= loaded(() => import('./start.js')).then(({ Start }) => new Start(store, started))
  await (await starting).open()
  // What is about to be started is not to wait for its views.
  void watch()
}

/** The views of a session are loaded where one is shown: the first step does without. */
function watch() {
  watching ??= loaded(() => import('./session.js')).then((session) => session.watch(store))
  return watching
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
