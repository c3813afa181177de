/** The connection: a stream, opened anew when it is lost, and the poll for as long as no stream gets through. */

import { backoff } from './backoff.js'
import { poll } from './poll.js'
import { Stream } from './stream.js'

/** When the poll steps in. */
const COVER_MS = 4000
const OFFLINE_MS = 15_000
const LASTED_MS = 5000
const QUIET_MS = 11_000
/** Until the next try where streams are held back; doubles. */
const TRIAL_MS = 15_000
const LONGEST_TRIAL_MS = 600_000

export class Line {
  cursor = ''
  received = 0
  /** @type {import('./types.js').Connection} */
  connection = 'connecting'
  /** @type {string[]} */
  asked = []
  /** @type {Stream | null} */
  #stream = null
  /** @type {import('./types.js').Polling | null} */
  #poll = null
  #isProven = false
  #isPolled = false
  #isHeld = false
  #failures = 0
  #trial = TRIAL_MS
  #openedAt = 0
  #heardAt = 0
  #lostAt = 0
  #retry = 0
  #watch = 0

  /**
   * @param {import('./types.js').Mode} mode
   * @param {() => string[]} names sessions to be told of
   * @param {import('./types.js').Tell} tell
   */
  constructor(mode, names, tell) {
    this.mode = mode
    this.names = names
    this.tell = tell
  }

  open() {
    this.close()
    this.#lostAt = Date.now()
    this.#watch = setInterval(() => this.#tick(), 1000)
    if (this.mode === 'poll') this.#cover()
    this.again()
  }

  close() {
    clearTimeout(this.#retry)
    clearInterval(this.#watch)
    this.#stream?.close()
    this.#uncover()
    this.#stream = null
    this.#isProven = this.#isHeld = false
  }

  again() {
    if (this.mode === 'poll') return
    clearTimeout(this.#retry)
    this.#stream?.close()
    this.#openedAt = Date.now()
    this.asked = this.names()
    this.#stream = new Stream(this.#query('last_event_id'), this)
  }

  /** Someone looks, or the network is back. */
  hurry() {
    const isWell = this.#isProven && Date.now() - this.#heardAt < QUIET_MS
    if (!isWell && !this.#isHeld) this.again()
    this.#poll?.hurry()
  }

  /** @param {string} position a new EventSource sends no Last-Event-ID */
  #query(position) {
    const query = new URLSearchParams(this.names().map((name) => ['session', name]))
    if (this.cursor) query.set(position, this.cursor)
    return query.toString()
  }

  #tick() {
    const now = Date.now()
    this.#stream?.tick(now)
    if (this.mode === 'auto' && !this.#isProven && now - this.#lostAt > COVER_MS) this.#cover()
    this.#say()
  }

  /** @type {(cursor: string, size: number) => void} */
  heard(cursor, size) {
    this.cursor = cursor || this.cursor
    this.received += size
    this.#heardAt = Date.now()
    this.tell({ kind: 'beat' }, 0)
  }

  proven() {
    this.#isProven = true
    this.#isHeld = false
    this.#uncover()
    this.#say()
  }

  held() {
    // Late is better than nothing, where there is no other way.
    if (this.mode === 'stream') return void (this.#heardAt > this.#openedAt && this.proven())
    this.#cover()
    // Perhaps nothing gets through.
    this.#isHeld = this.#isPolled
    if (!this.#isHeld) return this.lost()
    this.lost(this.#trial * (0.75 + Math.random() / 2))
    this.#trial = Math.min(LONGEST_TRIAL_MS, this.#trial * 2)
  }

  /** @param {number} [pause] */
  lost(pause) {
    const now = Date.now()
    if (this.#isProven) this.#lostAt = now
    if (this.#isProven && now - this.#openedAt > LASTED_MS) this.#failures = 0
    this.#isProven = false
    this.#stream?.close()
    this.#stream = null
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.again(), pause ?? backoff(this.#failures++))
    this.#say()
  }

  /** @type {import('./types.js').PollListener['answered']} */
  answered({ cursor, states, reset }, size) {
    const isBack = !this.#isPolled
    this.#isPolled = true
    this.heard(cursor, size)
    if (reset) this.tell({ kind: 'reset', session: undefined }, 0)
    for (const state of states) this.tell({ kind: 'state', state }, performance.now())
    if (isBack && !this.#stream && !this.#isHeld) this.again()
    this.#say()
  }

  unanswered() {
    this.#isPolled = false
    this.#say()
  }

  #cover() {
    this.#poll ??= poll(() => this.#query('after'), this)
  }

  #uncover() {
    this.#poll?.close()
    this.#poll = null
    this.#isPolled = false
  }

  #say() {
    const connection = this.#connection()
    if (connection === this.connection) return
    this.connection = connection
    this.tell({ kind: 'connection', connection }, 0)
  }

  #connection() {
    if (this.#isProven) return 'live'
    if (this.#isPolled) return 'polling'
    if (Date.now() - Math.max(this.#heardAt, this.#lostAt) > OFFLINE_MS) return 'offline'
    return this.connection === 'connecting' && !this.#failures ? 'connecting' : 'reconnecting'
  }
}
