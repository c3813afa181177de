/** One file in full, in a dialog: the picture, what it is a copy of, all that is known of it, the texts embedded in it. */

import { get, sentence } from '../api.js'
import { run } from '../command.js'
import { element, make, part, write } from '../dom.js'
import { describe, fieldName, said } from '../elements/description.js'
import { baseName, bytes, name, percent } from '../format.js'
import { below } from '../place.js'
import { t } from '../text.js'
import { isCommitted, isVeiled, thumbnail } from './cell.js'

/** @typedef {import('../types.js').PreviewItem} PreviewItem */

/** What browsers show by themselves; of others there is the thumbnail. */
const PICTURES = /\.(png|jpe?g|webp|gif|bmp|avif)$/i
const VIDEOS = /\.(mp4|m4v|webm)$/i

export class Details {
  #dialog = element('details', HTMLDialogElement)
  /** The place that is shown; -1 while nothing is */
  #index = -1

  /**
   * @param {import('../elements/grid.js').TallyGrid} grid
   * @param {import('./cell.js').Look} look
   * @param {(index: number, item: PreviewItem, tell: (error: unknown) => void) => Promise<void>} toggle
   */
  constructor(grid, look, toggle) {
    this.grid = grid
    this.look = look
    part('details-close').onclick = () => this.#dialog.close()
    part('details-back').onclick = () => this.#go(-1)
    part('details-on').onclick = () => this.#go(1)
    this.toggle = toggle
    element('details-takes', HTMLInputElement).onchange = () => this.#choose()
    this.#dialog.onkeydown = (event) => this.#pressed(event)
    this.#dialog.addEventListener('click', ({ target }) => {
      if (target === this.#dialog) this.#dialog.close()
    })
    this.#dialog.onclose = () => {
      // The browser gives the focus back to where it came from, which may be another file.
      grid.at = this.#index
      this.#index = -1
      // Stops a video that plays.
      part('details-picture').replaceChildren()
      grid.focus()
    }
  }

  /** @param {number} index */
  async open(index) {
    this.#index = index
    const item = /** @type {PreviewItem | undefined} */ (await this.grid.item(index))
    if (!item || index !== this.#index) return
    this.#draw(item)
    if (!this.#dialog.open) this.#dialog.showModal()
    this.#dialog.scrollTop = 0
    await this.#describe(item)
  }

  /**
   * The item at this place has changed.
   *
   * @param {number} index
   */
  async renew(index) {
    const item = /** @type {PreviewItem | undefined} */ (await this.grid.item(index))
    if (item && index === this.#index) this.#drawChoice(item)
  }

  /** Behind the dialog nothing is seen, so what is refused is told in it; the box then says again what holds. */
  async #choose() {
    const index = this.#index
    write(part('details-trouble'), '')
    const item = /** @type {PreviewItem | undefined} */ (await this.grid.item(index))
    if (item) await this.toggle(index, item, (error) => index === this.#index && write(part('details-trouble'), sentence(error)))
    await this.renew(index)
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const isElsewhere = event.target instanceof Element && event.target.closest('video, pre, input[type="text"]')
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (!step || isElsewhere || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.#go(step)
  }

  /** @param {number} step */
  #go(step) {
    const to = this.#index + step
    if (to < 0 || to >= this.grid.total) return
    this.grid.at = to
    void this.open(to)
  }

  /** @param {PreviewItem} item */
  #draw(item) {
    write(part('details-title'), name(baseName(item.file)))
    write(part('details-path'), name(`${item.root.replace(/\/$/, '')}/${item.file}`))
    write(part('details-place'), t('details.place', { at: this.#index + 1, count: this.grid.total }))
    part('details-back').ariaDisabled = String(this.#index === 0)
    part('details-on').ariaDisabled = String(this.#index === this.grid.total - 1)
    this.#drawChoice(item)
    const pictures = [this.#picture(item)]
    if (item.beside) pictures.push(this.#beside(item, item.beside))
    part('details-picture').replaceChildren(...pictures)
    part('details-changes').replaceChildren(...changes(item))
    part('details-all').replaceChildren()
    part('details-texts').replaceChildren()
    write(part('details-trouble'), '')
  }

  /** @param {PreviewItem} item */
  #drawChoice(item) {
    const box = element('details-takes', HTMLInputElement)
    box.checked = !item.set_aside
    part('details-choice').hidden = !this.look.canChoose || !isCommitted(item)
  }

  /** @param {PreviewItem} item */
  #picture(item) {
    const figure = make('figure', {}, this.#shown(item))
    if (item.beside) figure.append(make('figcaption', {}, make('b', {}, t('details.this')), ` ${bytes(item.bytes)}`))
    if (!isVeiled(item, this.look)) return figure
    figure.dataset.veiled = ''
    const reveal = make('button', { type: 'button', className: 'reveal' }, t('details.reveal', { score: percent((item.nsfw_score ?? 0) * 100) }))
    reveal.onclick = () => {
      this.look.revealed.add(item.seq)
      this.grid.redraw()
      this.#draw(item)
      void this.#describe(item)
      part('details-title').focus()
    }
    figure.append(reveal)
    return figure
  }

  /** @param {PreviewItem} item */
  #shown({ file, seq, has_thumbnail: hasThumbnail }) {
    const { session } = this.look
    const source = below(`/api/ingest/file/${session}/${seq}`)
    const alt = t('details.picture', { name: name(baseName(file)) })
    if (VIDEOS.test(file)) {
      const poster = hasThumbnail ? { poster: thumbnail(session, seq) } : {}
      return make('video', { src: source, controls: true, preload: 'none', ...poster, ariaLabel: alt })
    }
    if (!hasThumbnail) return make('span', { className: 'muted' }, t('details.no_picture'))
    const picture = make('img', { src: thumbnail(session, seq), alt })
    if (PICTURES.test(file)) sharpen(picture, source)
    return picture
  }

  /**
   * What it is put beside: the file it is a copy of, or what the catalog has of it until now.
   *
   * @param {PreviewItem} item
   * @param {import('../types.js').Beside} other
   */
  #beside(item, other) {
    const { path, seq, media_id: medium } = other
    const address = medium === undefined ? thumbnail(this.look.session, seq ?? 0) : below(`/api/media/${medium}/thumbnail`)
    const alt = t('details.picture', { name: name(baseName(path)) })
    const shown = other.has_thumbnail ? make('img', { src: address, alt }) : make('span', { className: 'muted' }, t('details.no_picture'))
    const what = item.class !== 'duplicate' ? 'details.stored' : medium === undefined ? 'details.same_session' : 'details.same_catalog'
    const figure = make('figure', {}, shown, make('figcaption', {}, make('b', {}, t(what)), ` ${bytes(other.bytes)}`, make('bdi', { className: 'muted' }, name(path))))
    figure.toggleAttribute('data-veiled', isVeiled(item, this.look))
    return figure
  }

  /** @param {PreviewItem} item */
  async #describe(item) {
    const address = `/api/ingest/items/${this.look.session}/${item.seq}`
    const index = this.#index
    try {
      const found = /** @type {import('../elements/description.js').Described} */ (await get(address))
      if (index !== this.#index) return
      // What a commit would settle on counts, not only what the file itself says.
      part('details-all').replaceChildren(...describe({ ...found, conflicts: item.conflicts }))
      part('details-texts').replaceChildren(texts(address))
    } catch (error) {
      if (index === this.#index) write(part('details-trouble'), sentence(error))
    }
  }
}

/**
 * Show the file itself once it is here, and the thumbnail where it cannot be.
 *
 * @param {HTMLImageElement} picture
 * @param {string} source
 */
function sharpen(picture, source) {
  const whole = new Image()
  whole.onload = () => {
    picture.src = source
  }
  whole.src = source
}

/** @param {PreviewItem} item */
function changes({ changes: all, message, refused, moved_from: from }) {
  const told = [message, refused].flatMap((text) => (text ? [make('p', { className: 'trouble' }, name(text))] : []))
  if (from) told.push(make('p', {}, t('plan.from', { path: name(from) })))
  if (!all.length) return told
  const rows = all.map(({ field, before, after, added = [], removed = [] }) => make('tr', {},
    make('th', { scope: 'row' }, fieldName(field)),
    make('td', {}, make('bdi', {}, removed.length || added.length ? removed.map(name).join(', ') || '–' : said(before, field))),
    make('td', {}, make('bdi', {}, removed.length || added.length ? added.map(name).join(', ') || '–' : said(after, field)))))
  const head = [t('details.field'), t('details.before'), t('details.after')].map((text) => make('th', { scope: 'col' }, text))
  const table = make('table', {}, make('caption', {}, t('details.changes')), make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows))
  return [...told, table]
}

/**
 * The embedded texts, asked for when somebody wants to see them: they may be long.
 *
 * @param {string} address
 */
function texts(address) {
  const button = make('button', { type: 'button', className: 'quiet' }, t('details.texts'))
  const place = make('div', {}, button)
  button.onclick = () => run(button, 'details-trouble', async () => {
    const { raw } = /** @type {{ raw: { key: string, length: number, text: string }[] }} */ (await get(`${address}?raw=true`))
    const shown = raw.map(({ key, length, text }) => {
      const cut = text.length < length ? [make('p', { className: 'muted' }, t('details.cut', { shown: text.length, all: length }))] : []
      const summary = make('summary', {}, name(key), ' ', make('span', { className: 'muted' }, t('details.length', { count: length })))
      const body = make('pre', { tabIndex: 0 }, name(pretty(text)).replaceAll('␊', '\n').replaceAll('␉', '\t'))
      body.setAttribute('aria-label', name(key))
      return make('details', { open: raw.length === 1 }, summary, body, ...cut)
    })
    place.replaceChildren(make('h3', { tabIndex: -1 }, t('details.texts_title')), ...shown)
    if (!raw.length) place.append(make('p', { className: 'muted' }, t('details.no_texts')))
    place.querySelector('h3')?.focus()
  })
  return place
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
