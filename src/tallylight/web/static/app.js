/** Puts the page together: the address decides which session is shown, one live connection feeds the store, each part draws from it. */

import { ApiError, get, sentence } from './api.js'
import { Commit } from './commit/commit.js'
import { Configure } from './configure/configure.js'
import { connect } from './connected.js'
import { part, write } from './dom.js'
import { Broken } from './process/broken.js'
import { Failures } from './process/failures.js'
import { Notify } from './process/notify.js'
import { below, here } from './place.js'
import { Preview } from './preview/preview.js'
import { Process } from './process/process.js'
import { Sessions } from './sessions/sessions.js'
import { Steps } from './steps.js'

const { store, live } = connect()
const configure = new Configure(started)
const sessions = new Sessions(store)
new Preview(store, new Failures(store))
for (const Part of [Process, Commit, Notify, Broken, Steps]) new Part(store)
// Most people never open it, so it is not waited for.
part('log').addEventListener('toggle', openLog, { once: true })

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
    await sessions.load()
  } catch (error) {
    write(part('start-trouble'), sentence(error))
  }
}

async function openLog() {
  const { Log } = await import('./process/log.js')
  new Log(store)
}
