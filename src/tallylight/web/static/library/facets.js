/** What the found files have in common, with counts; a press narrows the search down, another one takes that back. */

import { get, isAbort, sentence } from '../api.js'
import { make, part, write } from '../dom.js'
import { baseName, count, name } from '../format.js'
import { known, t } from '../text.js'

/** @typedef {{ value: string | number | boolean, count: number, word: string | null }} Facet */
/** @typedef {{ counted: number, complete: boolean, facets: Record<string, Facet[]> }} Answer */

const ORDER = ['type', 'score', 'favourite', 'year', 'keyword', 'generator', 'model', 'folder']
const FEW = 8
const DUPLICATE = 'is:duplicate'

export class Facets {
  #asking = new AbortController()
  /** @type {Set<string>} facets of which all values are shown */
  #whole = new Set()
  /** Where there is no room beside what is found, it would stand a long way below: they are folded away there. */
  #fold = make('details', {})

  /**
   * @param {import('./asked.js').Asked} asked
   * @param {(q: string, sort?: string) => void} narrow
   */
  constructor(asked, narrow) {
    this.asked = asked
    this.narrow = narrow
    const isWide = matchMedia('(min-width: 44.01rem)')
    this.#fold.open = isWide.matches
    isWide.onchange = () => (this.#fold.open = isWide.matches)
  }

  async load() {
    this.#asking.abort()
    this.#asking = new AbortController()
    try {
      const query = new URLSearchParams({ q: this.asked.q })
      this.#draw(/** @type {Answer} */ (await get(`/api/media/facets?${query}`, this.#asking.signal)))
    } catch (error) {
      if (!isAbort(error)) write(part('library-trouble'), sentence(error))
    }
  }

  /** @param {Answer} answer */
  #draw(answer) {
    const focused = document.activeElement?.id
    const groups = ORDER.flatMap((facet) => this.#group(facet, answer))
    if (!answer.complete) groups.unshift(make('p', { className: 'muted' }, t('library.counted', { count: answer.counted })))
    if (answer.counted || this.asked.has(DUPLICATE)) groups.push(this.#duplicates())
    this.#fold.replaceChildren(make('summary', {}, t('library.narrow')), ...groups)
    part('facets').replaceChildren(this.#fold)
    part('facets').hidden = groups.length === 0
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
  }

  /** Not counted: that takes long where there are many. */
  #duplicates() {
    const button = make('button', { type: 'button', id: 'duplicates', className: 'facet' }, t('library.duplicates'))
    const isOn = this.asked.has(DUPLICATE)
    button.ariaPressed = String(isOn)
    button.onclick = () => this.narrow(this.asked.toggled(DUPLICATE), isOn ? 'newest' : 'content')
    return button
  }

  /**
   * @param {string} facet
   * @param {Answer} answer
   */
  #group(facet, answer) {
    const values = [...(answer.facets[facet] ?? [])]
    if (!values.length) return []
    if (facet === 'score' || facet === 'year') values.sort((one, other) => Number(other.value) - Number(one.value))
    const title = make('h2', { id: `facet-${facet}` }, known(`library.facet.${facet}`) ?? facet)
    const shown = this.#whole.has(facet) ? values : values.slice(0, FEW)
    const list = make('ul', {}, ...shown.map((value, place) => this.#value(facet, value, place)))
    list.setAttribute('aria-labelledby', title.id)
    const group = make('section', {}, title, list)
    if (shown.length < values.length) group.append(this.#more(facet, answer))
    return [group]
  }

  /**
   * @param {string} facet
   * @param {Answer} answer
   */
  #more(facet, answer) {
    const more = make('button', { type: 'button', className: 'plain', id: `more-${facet}` }, t('library.more'))
    more.onclick = () => {
      this.#whole.add(facet)
      this.#draw(answer)
      document.getElementById(`${facet}-${FEW}`)?.focus()
    }
    return more
  }

  /**
   * @param {string} facet
   * @param {Facet} entry
   * @param {number} place
   */
  #value(facet, { value, count: files, word }, place) {
    const text = label(facet, value)
    const button = make('button', { type: 'button', id: `${facet}-${place}`, className: 'facet', title: name(String(value)) },
      make('bdi', {}, text), make('span', { className: 'muted' }, count(files)))
    if (word === null) button.disabled = true
    else {
      button.ariaPressed = String(this.asked.has(word))
      button.onclick = () => this.narrow(this.asked.toggled(word))
    }
    return make('li', {}, button)
  }
}

/**
 * @param {string} facet
 * @param {string | number | boolean} value
 */
function label(facet, value) {
  if (facet === 'type') return known(`library.type.${value}`) ?? String(value)
  if (facet === 'favourite') return t('library.favourites')
  if (facet === 'score') return stars(Number(value))
  return name(facet === 'folder' ? baseName(String(value)) : String(value))
}

/** @param {number} score −1 rejects, 0 is unrated */
export function stars(score) {
  if (score === 0) return t('library.unrated')
  return score < 0 ? t('library.rejected') : '★'.repeat(score)
}
