/**
 * The page of all sessions. The server writes its rows; here their numbers move, and where what a row says of its session
 * is over, the rows are read anew.
 */

import { remove, sentence } from '../api.js'
import { connect } from '../connected.js'
import { Dialog } from '../dialog.js'
import { part, write } from '../dom.js'
import { count, date, duration } from '../format.js'
import { admitted } from '../place.js'
import { summary } from '../steps.js'
import { atRest } from '../store.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Message} Message */

const { store, live } = connect()
const dialog = new Dialog('delete')
let isDue = false
let isReading = false
let isHeard = false

live.show(null)
store.addEventListener('draw', () => {
  if (!isDue) requestAnimationFrame(draw)
  isDue = true
})
part('sessions').addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null
  const row = button?.closest('tr')
  if (row) askToDelete(row)
})
dress()

function draw() {
  isDue = false
  const messages = [...store.messages.values()]
  for (const message of messages) drawRow(message)
  if (mayHaveMissed() || messages.some(isOutdated)) void readAnew()
}

/** What came to rest after the server wrote the page and before updates were heard, nobody tells. */
function mayHaveMissed() {
  const wasHeard = isHeard
  isHeard = store.connection === 'live' || store.connection === 'polling'
  return isHeard && !wasHeard && document.querySelector('[data-status="moving"]') !== null
}

/** @param {Message} message */
function drawRow(message) {
  const row = document.getElementById(`row-${message.session_id}`)
  if (!row || atRest(message)) return
  cell(row, 'took', duration(message.elapsed_s))
  cell(row, 'files', count(message.processed_files))
  cell(row, 'failures', count(message.stats.errors)).toggleAttribute('data-some', message.stats.errors > 0)
  cell(row, 'result', summary(message))
}

/**
 * @param {HTMLElement} row
 * @param {string} name
 * @param {string} text
 */
function cell(row, name, text) {
  const found = /** @type {Element} */ (row.querySelector(`[data-cell="${name}"]`))
  write(found, text)
  return found
}

/** @param {Message} message */
function isOutdated(message) {
  const row = document.getElementById(`row-${message.session_id}`)
  if (!row) return !atRest(message) && part('sessions').dataset.first === 'true'
  return row.dataset.status !== (atRest(message) ? message.status : 'moving')
}

/** Ask for this page again, and take its rows. What has the focus keeps it. */
async function readAnew() {
  if (isReading) return
  isReading = true
  try {
    const response = await fetch(location.href)
    admitted(response.status)
    if (!response.ok) throw new Error(t('api.status', { status: String(response.status) }))
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const focused = document.activeElement?.id
    part('sessions').replaceChildren(...(page.getElementById('sessions')?.children ?? []))
    dress()
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
    write(part('sessions-trouble'), '')
  } catch (error) {
    write(part('sessions-trouble'), sentence(error))
  } finally {
    isReading = false
  }
}

/** What a script adds to the server's rows. */
function dress() {
  for (const time of document.querySelectorAll('#sessions time')) {
    write(time, date(Date.parse(time.getAttribute('datetime') ?? '') / 1000))
  }
  for (const button of part('sessions').querySelectorAll('button')) button.hidden = false
}

/** @param {HTMLTableRowElement} row */
function askToDelete(row) {
  const { session = '', status } = row.dataset
  const title = row.querySelector('a')?.textContent ?? ''
  const text = t(status === 'moving' ? 'sessions.delete_moving' : 'sessions.delete_text', { title })
  dialog.ask(text, async () => {
    await remove(`/api/ingest/session/${encodeURIComponent(session)}`)
    const next = row.nextElementSibling ?? row.previousElementSibling
    await readAnew()
    const place = next?.querySelector('a')?.id ?? ''
    return document.getElementById(place) ? place : 'sessions-title'
  })
}
