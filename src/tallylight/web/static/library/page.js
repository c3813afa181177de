/** The library: a search in the catalog, its facets, its results in a grid, one of them in detail, rated by keys. */

import '../elements/grid.js'
import { get, sentence } from '../api.js'
import { connect } from '../connected.js'
import { element, part, write } from '../dom.js'
import { files } from '../format.js'
import { t } from '../text.js'
import { Asked } from './asked.js'
import { drawCell } from './cell.js'
import { Details } from './details.js'
import { Facets } from './facets.js'
import { Rating } from './rating.js'

/** @typedef {import('../types.js').Medium} Medium */
/** @typedef {{ media: Medium[], total: number, next: number | null }} Page */
/** @typedef {import('../elements/grid.js').TallyGrid} TallyGrid */

const FIRST = 100
const CHANGED = new Set(['committed', 'commit_error', 'undone'])

const { store, live } = connect()
const asked = new Asked()
const facets = new Facets(asked, search)
const details = new Details({ rate: press, search, close })
const rating = new Rating(changed)
const grid = /** @type {TallyGrid} */ (document.createElement('tally-grid'))
const help = element('help', HTMLDialogElement)
/** @type {Map<number, number>} positions of files that were seen, by id */
const places = new Map()
/** @type {Map<string, string>} the status of each session, to hear when a commit or an undo ends */
const statuses = new Map()
let searches = 0
/** whether the grid shows what is asked for */
let isShown = false

live.show(null)
grid.draw = drawCell
grid.setAttribute('aria-labelledby', 'library-total')
part('shelf').replaceWith(grid)
part('pager').hidden = true
part('help-open').hidden = false
part('help-open').onclick = () => help.showModal()
grid.addEventListener('move', () => {
  asked.moved(grid)
  if (details.medium) void openAt(grid.at)
})
// Of a search that is not answered yet, the grid still shows the one before.
grid.addEventListener('scroll', () => isShown && asked.moved(grid), { passive: true })
grid.addEventListener('open', (event) => event instanceof CustomEvent && details.show(event.detail.item))
grid.addEventListener('trouble', (event) => event instanceof CustomEvent && write(part('library-trouble'), sentence(event.detail)))
element('search', HTMLFormElement).onsubmit = (event) => {
  event.preventDefault()
  search(element('q', HTMLInputElement).value, element('sort', HTMLSelectElement).value)
}
element('sort', HTMLSelectElement).onchange = () => search(asked.q, element('sort', HTMLSelectElement).value)
document.addEventListener('keydown', onKey)
addEventListener('popstate', () => {
  asked.read()
  void show()
})
store.addEventListener('change', lookForChanges)
void show()

/** Ask for what the address says, and go to the place that it names. */
async function show() {
  element('q', HTMLInputElement).value = asked.q
  element('sort', HTMLSelectElement).value = asked.sort
  const number = ++searches
  isShown = false
  write(part('library-trouble'), '')
  void facets.load()
  const from = Math.floor((asked.top || asked.at) / FIRST) * FIRST
  const first = load(from, FIRST)
  try {
    const { total } = await first
    if (number !== searches) return
    places.clear()
    drawTotal(total)
    let isNew = true
    grid.load = async (offset, limit) => {
      const page = isNew && offset === from && limit === FIRST ? first : load(offset, limit)
      isNew = false
      return items(offset, await page)
    }
    grid.total = total
    const { at, top } = asked
    grid.at = at
    // Without one, the place that the keyboard is at is shown.
    if (top || !at) grid.top = top
    isShown = true
    if (details.medium) void openAt(grid.at)
  } catch (error) {
    if (number !== searches) return
    drawTotal(0)
    part('library-none').hidden = true
    write(part('library-trouble'), sentence(error))
  }
}

/**
 * @param {number} offset
 * @param {number} limit
 * @returns {Promise<Page>}
 */
function load(offset, limit) {
  return get(`/api/media?${asked.query()}&offset=${offset}&limit=${limit}`)
}

/**
 * @param {number} offset
 * @param {Page} page
 */
function items(offset, { media }) {
  media.forEach((medium, place) => places.set(medium.media_id, offset + place))
  return media
}

/** @param {number} total */
function drawTotal(total) {
  write(part('library-total'), files(total))
  part('library-none').hidden = total > 0
  write(part('library-why'), t(asked.q ? 'library.none' : 'library.empty'))
  grid.hidden = total === 0
  grid.total = total
}

function search(q = asked.q, sort = asked.sort) {
  asked.begin(q, sort)
  void show()
}

/** @param {number} at */
async function openAt(at) {
  const medium = await grid.item(at)
  if (at === grid.at && medium) details.show(medium)
}

function close() {
  details.show(null)
  grid.focus()
}

/** @param {Medium} medium */
function changed(medium) {
  const place = places.get(medium.media_id)
  if (place !== undefined) grid.replace(place, medium)
  if (details.medium?.media_id === medium.media_id) details.show(medium)
}

/**
 * Say of the file that the keyboard is at what a key says.
 *
 * @param {string} key
 */
async function press(key) {
  const medium = /** @type {Medium | undefined} */ (await grid.item(grid.at))
  const said = medium && Rating.said(key, medium)
  if (medium && said) await rating.rate(medium, said)
}

/**
 * Single characters count only where the files or the details have the focus: who speaks to the page must not rate by it.
 *
 * @param {KeyboardEvent} event
 */
function onKey(event) {
  const { target, key } = event
  const isHere = target instanceof Element && target.closest('tally-grid, #details') !== null
  if (event.ctrlKey || event.altKey || event.metaKey || help.open) return
  if (key === 'Escape' && details.medium) close()
  else if (!isHere) return
  else if (key === '?') help.showModal()
  else if (key === '/') element('q', HTMLInputElement).focus()
  else if (/^[0-5rRfF]$/.test(key)) void press(key)
  else return
  event.preventDefault()
}

/** Where a commit or an undo has ended, the catalog holds other files. */
function lookForChanges() {
  let isChanged = false
  for (const { session_id: session, status } of store.messages.values()) {
    const before = statuses.get(session)
    isChanged ||= before !== undefined && before !== status && CHANGED.has(status)
    statuses.set(session, status)
  }
  if (isChanged) void show()
}
