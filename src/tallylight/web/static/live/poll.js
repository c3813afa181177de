import { admitted, below } from '../place.js'
import { backoff } from './backoff.js'

/** Some proxies give up on an answer after 30 s. */
const WAIT_S = 20
const LONGEST_MS = 30_000
const BREATH_MS = 250

/**
 * @param {() => string} query
 * @param {import('./types.js').PollListener} listener
 * @returns {import('./types.js').Polling}
 */
export function poll(query, listener) {
  let isOver = false
  let failures = 0
  let asking = new AbortController()
  let hurry = () => {}

  async function ask() {
    asking = new AbortController()
    const alarm = setTimeout(() => asking.abort(), LONGEST_MS)
    const response = await fetch(below(`/api/ingest/poll?wait=${WAIT_S}&${query()}`), { signal: asking.signal })
    admitted(response.status)
    if (!response.ok) throw new Error(response.statusText)
    const text = await response.text()
    clearTimeout(alarm)
    if (!isOver) listener.answered(JSON.parse(text), text.length)
  }

  async function run() {
    while (!isOver) {
      const pause = await ask().then(() => ((failures = 0), BREATH_MS), () => backoff(failures++))
      if (failures && !isOver) listener.unanswered()
      await new Promise((resolve) => setTimeout((hurry = () => resolve(0)), pause))
    }
  }

  void run()
  return { hurry: () => hurry(), close: () => ((isOver = true), asking.abort()) }
}
