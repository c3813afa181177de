import { askAdmission, below } from '../place.js'
import { merge } from './patch.js'
import { Promptness } from './promptness.js'

const SILENCE_MS = 25_000
/** After a goodbye, which the server says to everybody at once. */
const PAUSES = new Map([['stopping', 3000], ['full', 30_000]])

export class Stream {
  /** @type {Map<string, { state: any, slot?: number | undefined }>} */
  #bases = new Map()
  #heardAt = Date.now()
  #promptness = new Promptness(this.#heardAt)

  /**
   * @param {string} query
   * @param {import('./types.js').StreamListener} listener
   */
  constructor(query, listener) {
    this.listener = listener
    this.source = new EventSource(below(`/api/ingest/stream?patch=1&${query}`))
    this.source.onopen = () => (this.#promptness.openedAt = Date.now())
    // By itself a browser comes back without jitter, and after a proxy's 502 not at all.
    this.source.onerror = () => {
      void askAdmission(this.source)
      listener.lost()
    }
    this.#on('message', (state, at) => this.#whole(state, at))
    this.#on('patch', (body, at) => this.#patch(body, at))
    this.#on('reset', (body, at) => listener.tell({ kind: 'reset', session: body.session_id }, at))
    this.#on('end', (body) => this.#bases.delete(body.session_id))
    this.#on('bye', (body) => listener.lost((PAUSES.get(body.reason) ?? 500) * (0.5 + Math.random())))
    this.#on('heartbeat', () => {})
  }

  close() {
    this.source.close()
  }

  /** @param {number} now */
  tick(now) {
    if (now - this.#heardAt > SILENCE_MS) this.listener.lost()
    else if (this.#promptness.isOverdue(now)) this.listener.held()
  }

  /** @type {(kind: string, take: (body: any, at: number) => void) => void} */
  #on(kind, take) {
    this.source.addEventListener(kind, ({ data, lastEventId, timeStamp }) => {
      const body = JSON.parse(data)
      this.#heardAt = Date.now()
      this.listener.heard(lastEventId, data.length)
      take(body, timeStamp)
      if (body.t) this.#judge(kind === 'heartbeat', body.t * 1000)
    })
  }

  /** @type {(isHeartbeat: boolean, sent: number) => void} */
  #judge(isHeartbeat, sent) {
    const { proven } = this.#promptness
    if (this.#promptness.isHeld(isHeartbeat, sent, this.#heardAt)) this.listener.held()
    else if (proven !== this.#promptness.proven) this.listener.proven()
  }

  /** @type {(state: any, at: number, slot?: number) => void} */
  #whole(state, at, slot) {
    this.#bases.set(state.session_id, { state, slot })
    this.listener.tell({ kind: 'state', state }, at)
  }

  /** @type {(body: any, at: number) => void} */
  #patch({ session_id: session, base, slot, seq, t, patch }, at) {
    const known = this.#bases.get(session)
    // A new stream tells whole states.
    if (!known || (known.slot ?? base) !== base) return this.listener.lost()
    this.#whole({ ...merge(known.state, patch), seq, t }, at, slot)
  }
}
