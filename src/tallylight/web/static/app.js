/** Puts the page together: the address decides which session is shown, the stream feeds the store, each part draws from it. */

import { Announcer } from './announcer.js'
import { ApiError, get, sentence } from './api.js'
import { Commit } from './commit.js'
import { Configure } from './configure.js'
import { part, write } from './dom.js'
import { Failures } from './failures.js'
import { Preview } from './preview.js'
import { Process } from './process.js'
import { Sessions } from './sessions.js'
import { Steps } from './steps.js'
import { Store } from './store.js'
import { Stream } from './stream.js'

const store = new Store()
const stream = new Stream()
const configure = new Configure(started)
const sessions = new Sessions(store)
new Preview(store, new Failures(store))
for (const Part of [Process, Commit, Steps, Announcer]) new Part(store)

on('message', (message) => store.accept(message))
on('connection', (connection) => store.connected(connection))
on('reset', ({ session_id: session }) => store.renew(session))
on('end', ({ session_id: session, status }) => {
  if (status === 'deleted' && session === store.followed) store.lose('This session was deleted.')
})
addEventListener('popstate', () => show(addressed()))
show(document.documentElement.dataset.sessionId || null)

/** @param {string} session */
function started(session) {
  history.pushState(null, '', `/sessions/${session}`)
  show(session)
}

/** @param {string | null} session */
function show(session) {
  store.follow(session)
  stream.start(session)
  if (session === null) void openConfigure()
  else void look(session)
}

/** The session that the address names; none for the first step. */
function addressed() {
  const [, session] = /^\/sessions\/([^/]+)/.exec(location.pathname) ?? []
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
  stream.addEventListener(kind, (event) => event instanceof CustomEvent && take(event.detail))
}
