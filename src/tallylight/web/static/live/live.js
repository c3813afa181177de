/** What the server tells, in every tab over one connection: the tab that leads holds it and passes everything on. */

import { NAME } from '../place.js'
import { election } from './election.js'
import { Line } from './line.js'

/** A leader speaks at least so often, unless it is frozen. */
const BEAT_MS = 5000
const SILENCE_MS = 15_000
const ANSWER_MS = 2000
const SOON_MS = 250
const MOST_STATES = 200
const MOST_NAMES = 50

/** @typedef {import('./types.js').Word} Word */
/** @typedef {import('./types.js').Tell} Tell */

/** Dispatches `state`, `reset` and `connection`; the detail is the News, and `at`. */
export class Live extends EventTarget {
  leads = false
  line
  #tab = String(Math.random())
  #cursor = ''
  /** @type {import('./types.js').Connection} */
  #connection = 'connecting'
  /** @type {Map<string, import('./types.js').State>} */
  #states = new Map()
  /** @type {Map<string, string | null>} what each tab shows */
  #shown = new Map()
  /** @type {BroadcastChannel | undefined} */
  #channel
  #election = election(() => this.#lead(), () => this.#follow())
  #heardAt = 0
  #tickedAt = 0
  #saidAt = 0
  #timer = 0

  /** @param {import('./types.js').Mode} mode */
  constructor(mode) {
    super()
    this.line = new Line(mode, () => this.#names(), (news, at) => this.#pass(news, at))
    // In the back-forward cache a page must hold nothing.
    addEventListener('pagehide', () => this.#leave())
    addEventListener('pageshow', (event) => event.persisted && this.#join())
    addEventListener('online', () => this.#hurry())
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry())
    this.#join()
  }

  /** @param {string | null} session to follow, beside all that are in motion */
  show(session) {
    this.#shown.set(this.#tab, session)
    if (this.leads) this.#ask(session)
    else this.#hello()
  }

  #join() {
    this.#heardAt = this.#tickedAt = Date.now()
    this.#timer = setInterval(() => this.#tick(), 1000)
    if ('BroadcastChannel' in globalThis) {
      this.#channel = new BroadcastChannel(NAME)
      this.#channel.onmessage = ({ data, timeStamp }) => this.#hear(data, timeStamp)
    }
    this.#election.stand()
    this.#hello()
  }

  #leave() {
    clearInterval(this.#timer)
    this.#follow()
    this.#election.resign()
    this.#post({ kind: 'gone', tab: this.#tab })
    this.#channel?.close()
    this.#channel = undefined
  }

  #lead() {
    this.leads = true
    this.line.cursor = this.#cursor
    this.line.open()
    this.#post({ kind: 'lead' })
  }

  #follow() {
    this.leads = false
    this.line.close()
    this.#heardAt = Date.now()
  }

  #hurry() {
    if (this.leads) return this.line.hurry()
    this.#heardAt = Math.min(this.#heardAt, Date.now() - SILENCE_MS + ANSWER_MS)
    this.#hello()
  }

  #tick() {
    const now = Date.now()
    // This tab itself was asleep.
    if (now - this.#tickedAt > BEAT_MS) this.#heardAt = now
    this.#tickedAt = now
    if (this.leads) return this.#beat()
    if (now - this.#heardAt < SILENCE_MS) return
    this.#heardAt = now
    this.#election.steal()
  }

  /** @type {Tell} */
  #pass(news, at) {
    if (news.kind === 'beat') return this.#beat()
    this.#take(news, at)
    this.#say(news)
  }

  #beat() {
    this.#cursor = this.line.cursor
    if (Date.now() - this.#saidAt > BEAT_MS) this.#say({ kind: 'beat' })
  }

  /** @param {any} told but for the cursor */
  #say(told) {
    this.#saidAt = Date.now()
    this.#post({ ...told, cursor: this.#cursor })
  }

  /** @param {string | null} session */
  #ask(session) {
    const isTold = () => !session || this.#states.has(session) || this.line.asked.includes(session)
    if (!isTold()) setTimeout(() => this.leads && !isTold() && this.line.again(), SOON_MS)
  }

  #names() {
    return [...new Set(this.#shown.values())].filter((session) => session !== null).slice(-MOST_NAMES)
  }

  #hello() {
    this.#post({ kind: 'hello', tab: this.#tab, session: this.#shown.get(this.#tab) ?? null })
  }

  /** @type {(word: Word, at: number) => void} */
  #hear(word, at) {
    if (word.kind === 'hello') return this.#welcome(word.tab, word.session)
    if (word.kind === 'gone') return void this.#shown.delete(word.tab)
    this.#heardAt = Date.now()
    if (word.kind === 'lead') return this.#hello()
    // For a moment two may lead.
    if (this.leads) return
    this.#cursor = word.cursor
    if (word.kind !== 'all') return this.#take(word, at)
    if (word.to !== this.#tab) return
    for (const state of word.states) this.#take({ kind: 'state', state }, at)
    this.#take({ kind: 'connection', connection: word.connection }, at)
  }

  /** @type {(tab: string, session: string | null) => void} */
  #welcome(tab, session) {
    this.#shown.delete(tab)
    this.#shown.set(tab, session)
    if (!this.leads) return
    this.#say({ kind: 'all', to: tab, states: [...this.#states.values()], connection: this.#connection })
    this.#ask(session)
  }

  /** @type {Tell} */
  #take(news, at) {
    if (news.kind === 'connection') this.#connection = news.connection
    if (news.kind === 'state') {
      const { session_id: session } = news.state
      this.#states.delete(session)
      this.#states.set(session, news.state)
      for (const [oldest] of this.#states) if (this.#states.size > MOST_STATES) this.#states.delete(oldest)
    }
    this.dispatchEvent(new CustomEvent(news.kind, { detail: { ...news, at } }))
  }

  /** @param {Word} word */
  #post(word) {
    this.#channel?.postMessage(word)
  }
}
