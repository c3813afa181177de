/** A grid of what was found, a page at a time. */

import { get } from '../api.js'
import { run } from '../command.js'
import { element, make, part } from '../dom.js'
import { baseName, duration, name } from '../format.js'
import { below } from '../place.js'

/** @typedef {import('../types.js').Item} Item */

const PAGE = 60
const MOST_KEYWORDS = 4

export class Samples {
  /** @type {string | null} */
  #session = null
  /** @type {number | null} */
  #next = null

  constructor() {
    element('samples-more', HTMLButtonElement).onclick = () => this.#more()
  }

  /** @param {string} session */
  async load(session) {
    if (session === this.#session) return
    this.#session = session
    this.#next = null
    part('samples').hidden = true
    part('samples-list').replaceChildren()
    await this.#more()
  }

  async #more() {
    const more = element('samples-more', HTMLButtonElement)
    await run(more, 'samples-trouble', async () => this.#take(await this.#page()))
    const isEmpty = part('samples-list').childElementCount === 0 && !part('samples-trouble').textContent
    part('samples').hidden = isEmpty
  }

  /** @returns {Promise<{items: Item[], next: number | null}>} */
  #page() {
    const query = new URLSearchParams({ outcome: 'extracted', limit: String(PAGE) })
    if (this.#next !== null) query.set('after', String(this.#next))
    return get(`/api/ingest/items/${this.#session}?${query}`)
  }

  /** @param {{items: Item[], next: number | null}} answer */
  #take({ items, next }) {
    const cards = items.map((item) => card(item, below(`/api/ingest/thumbnail/${this.#session}/${item.seq}`)))
    const grid = part('samples-list')
    const isFirst = grid.childElementCount === 0
    grid.append(...cards)
    this.#next = next
    part('samples-more').hidden = next === null
    // A keyboard stays where the new ones begin.
    if (!isFirst && cards[0]) cards[0].focus()
  }
}

/**
 * @param {Item} item
 * @param {string} thumbnail
 */
function card(item, thumbnail) {
  const text = name(item.file)
  const shown = make('bdi', { className: 'name', title: text }, name(baseName(item.file)))
  const made = make('li', { className: 'sample', tabIndex: -1 }, picture(item, thumbnail), shown)
  for (const line of [details(item), keywords(item)]) {
    if (line) made.append(make('span', { className: 'muted', title: line }, line))
  }
  return made
}

/**
 * @param {Item} item
 * @param {string} thumbnail
 */
function picture({ file, media, has_thumbnail: hasThumbnail }, thumbnail) {
  const frame = make('span', { className: 'frame' })
  // Its name follows as text, so the picture itself needs none.
  if (hasThumbnail) frame.append(make('img', { src: thumbnail, alt: '', loading: 'lazy', decoding: 'async' }))
  else frame.append(make('span', { className: 'suffix' }, suffix(file)))
  if (media.duration !== undefined) frame.append(make('span', { className: 'length' }, duration(media.duration)))
  return frame
}

/** @param {Item} item */
function details({ media, score, favourite }) {
  // Orientations 5 to 8 lie on their side: the file's width is the height people see.
  const sides = [media.width, media.height]
  if ((media.orientation ?? 1) >= 5) sides.reverse()
  const size = sides.every(Boolean) ? sides.join(' × ') : ''
  return [size, stars(score), favourite ? '♥' : ''].filter(Boolean).join(' · ')
}

/** @param {number | null} score −1 rejects, 0 is unrated */
function stars(score) {
  if (score === null || score === 0) return ''
  return score < 0 ? 'rejected' : `★ ${score}`
}

/** @param {Item} item */
function keywords({ keywords: all }) {
  return all.slice(0, MOST_KEYWORDS).map((keyword) => name(keyword.text)).join(', ')
}

/** @param {string} file */
function suffix(file) {
  const base = baseName(file)
  const dot = base.lastIndexOf('.')
  return dot < 0 ? '' : base.slice(dot + 1).toLowerCase()
}
