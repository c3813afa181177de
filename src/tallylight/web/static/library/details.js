/** All of one committed file: the picture itself, its score, what is known of it, what is like it, where it came from. */

import { make, part } from '../dom.js'
import { describe } from '../elements/description.js'
import { baseName, date, name } from '../format.js'
import { below } from '../place.js'
import { t } from '../text.js'
import { isVeiled } from './cell.js'

/** @typedef {import('../types.js').Medium} Medium */

/** What every browser shows; of any other the thumbnail is shown. */
const SHOWN = new Set(['png', 'jpeg', 'webp', 'gif', 'bmp', 'avif'])
const KEYS = /** @type {const} */ (['R', '1', '2', '3', '4', '5', '0', 'F'])

export class Details {
  /** @type {Medium | null} */
  medium = null
  /** @type {Set<number>} veiled ones that were asked to be shown */
  #revealed = new Set()

  /**
   * @param {object} does
   * @param {(key: string) => void} does.rate as if this key had been pressed
   * @param {(q: string, sort: string) => void} does.search
   * @param {() => void} does.close
   */
  constructor(does) {
    this.does = does
  }

  /** @param {Medium | null} medium */
  show(medium) {
    const isSame = medium?.media_id === this.medium?.media_id
    const isOpened = this.medium === null && medium !== null
    this.medium = medium
    part('details').hidden = medium === null
    part('library').toggleAttribute('data-open', medium !== null)
    if (medium === null) return part('details').replaceChildren()
    if (isSame) return this.#drawRating(medium)
    part('details').replaceChildren(this.#head(medium), this.#picture(medium), make('div', { id: 'rating' }),
      this.#links(medium), ...describe(medium), history(medium))
    part('details').scrollTop = 0
    this.#drawRating(medium)
    // Where they stand above what was pressed, that is all there would be to see.
    if (isOpened) part('details').scrollIntoView({ block: 'nearest' })
  }

  /** @param {Medium} medium */
  #head({ path }) {
    const close = make('button', { type: 'button', className: 'quiet' }, t('library.close'))
    close.onclick = this.does.close
    const title = make('h2', { id: 'details-name' }, make('bdi', {}, name(baseName(path))))
    return make('div', { className: 'head-line' }, title, close)
  }

  /** @param {Medium} medium */
  #picture(medium) {
    const { media_id: id, media } = medium
    const address = below(`/api/media/${id}/file`)
    const frame = make('div', { className: 'whole' })
    if (media.type === 'video') {
      frame.append(make('video', { src: address, controls: true, preload: 'metadata', poster: below(`/api/media/${id}/thumbnail`) }))
    } else if (SHOWN.has(String(media.format))) frame.append(make('img', { src: address, alt: name(baseName(medium.path)) }))
    else if (medium.has_thumbnail) frame.append(make('img', { src: below(`/api/media/${id}/thumbnail`), alt: '' }))
    if (isVeiled(medium) && !this.#revealed.has(id)) this.#veil(frame, id)
    return frame
  }

  /**
   * @param {HTMLElement} frame
   * @param {number} id
   */
  #veil(frame, id) {
    frame.toggleAttribute('data-veiled', true)
    const show = make('button', { type: 'button' }, t('library.reveal'))
    show.onclick = () => {
      this.#revealed.add(id)
      frame.removeAttribute('data-veiled')
      show.remove()
      // What was pressed is gone; the keyboard goes on with what follows.
      document.getElementById('rate-R')?.focus()
    }
    frame.append(show)
  }

  /** @param {Medium} medium */
  #drawRating({ score, favourite }) {
    const group = part('rating')
    const focused = document.activeElement?.id
    group.setAttribute('role', 'group')
    group.ariaLabel = t('library.facet.score')
    group.replaceChildren(...KEYS.map((key) => {
      const isOn = key === 'F' ? favourite === true : key === 'R' ? score === -1 : key === '0' ? !score : score === Number(key)
      const text = key === 'F' ? '♥' : key === 'R' ? '✕' : key === '0' ? '–' : key
      const title = t(key === 'F' ? 'library.key.favour' : key === 'R' ? 'library.key.reject' : key === '0' ? 'library.key.unrate' : 'library.score', { score: key })
      const button = make('button', { type: 'button', id: `rate-${key}`, title, ariaLabel: title, ariaPressed: String(isOn) }, text)
      button.onclick = () => this.does.rate(key)
      return button
    }))
    if (focused?.startsWith('rate-')) document.getElementById(focused)?.focus()
  }

  /** @param {Medium} medium */
  #links({ media_id: id, hashes }) {
    const made = make('p', { className: 'actions' })
    /** @type {[keyof typeof import('../i18n/en.js').default, string | null, string][]} */
    const searches = [
      ['library.similar', hashes.phash && `like:${id}`, 'likeness'],
      ['library.same', hashes.sha256 && `content:${hashes.sha256}`, 'path'],
    ]
    for (const [text, q, sort] of searches) {
      if (!q) continue
      const button = make('button', { type: 'button', className: 'quiet' }, t(text))
      button.onclick = () => this.does.search(q, sort)
      made.append(button)
    }
    made.append(make('a', { className: 'button quiet', href: below(`/api/media/${id}/file`), target: '_blank' }, t('library.file')))
    return made
  }
}

/** @param {Medium} medium */
function history({ session_id: session, committed_at: at, missing_since: missing, path }) {
  const link = make('a', { href: below(`/sessions/${session}`) }, t('library.session'))
  const lines = [
    make('p', {}, t('library.committed', { when: date(at) }), ' ', link),
    make('p', { className: 'path' }, make('bdi', {}, name(path))),
  ]
  if (missing !== null) lines.push(make('p', { className: 'trouble' }, t('library.missing_since', { when: date(missing) })))
  return make('section', {}, make('h3', {}, t('library.history')), ...lines)
}
