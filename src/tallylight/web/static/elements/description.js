/** All that is known of a file, in sections: technical facts, what made it, its prompt, who said what, where they disagree. */

import { make } from '../dom.js'
import { bytes, duration, elide, name, stated } from '../format.js'
import { LANGUAGE, known, t } from '../text.js'
import { drawPrompt } from './prompt.js'

/**
 * @typedef {object} Described
 * @property {number} bytes
 * @property {Record<string, unknown>} media
 * @property {Record<string, unknown>} generation
 * @property {{ text: string, weight?: number, source?: string }[]} keywords
 * @property {number | null} score
 * @property {boolean | null} favourite
 * @property {number | null} nsfw_score
 * @property {string[]} warnings
 * @property {Record<string, { source: string, at?: number }>} provenance
 * @property {{ field: string, rule: string, chosen: unknown, values: { value: unknown, source: string }[] }[]} conflicts
 */

const LONGEST = 600
const plain = new Intl.NumberFormat(LANGUAGE, { useGrouping: false, maximumFractionDigits: 6 })
/** Told elsewhere, or by themselves. */
const APART = new Set(['prompt', 'negative_prompt', 'negative_terms', 'type'])

/**
 * @param {Described} item
 * @param {(what: 'prompt' | 'negative_prompt') => Node[]} [beside] what follows a prompt, a button that copies it say
 * @returns {HTMLElement[]}
 */
export function describe(item, beside = () => []) {
  const { generation, media, score, favourite, nsfw_score: nsfw } = item
  const facts = { bytes: bytes(item.bytes), ...media, score, favourite, nsfw_score: nsfw }
  return [
    ...prompt('prompt', generation['prompt'], beside),
    ...prompt('negative_prompt', generation['negative_prompt'], beside),
    ...section(t('details.generation'), list(generation, item)),
    ...section(t('details.facts'), list(facts, item)),
    ...section(t('details.keywords'), keywords(item)),
    ...section(t('details.conflicts'), conflicts(item)),
    ...section(t('details.warnings'), item.warnings.map((text) => make('p', {}, name(text)))),
  ]
}

/**
 * A value of any field, for people.
 *
 * @param {unknown} value
 * @param {string} [field]
 * @returns {string}
 */
export function said(value, field) {
  if (field === 'duration' && typeof value === 'number') return duration(value)
  if (field === 'created_at' && typeof value === 'string') return name(stated(value))
  if (value === null || value === undefined) return '–'
  if (typeof value === 'boolean') return t(value ? 'details.yes' : 'details.no')
  if (Array.isArray(value)) return value.map((each) => said(each)).join(', ')
  if (typeof value === 'number') return plain.format(value)
  if (typeof value !== 'object') return elide(name(String(value)), LONGEST)
  const { name: title, weight } = /** @type {Record<string, unknown>} */ (value)
  if (typeof title === 'string') return weight === undefined ? name(title) : `${name(title)} ×${said(weight)}`
  return elide(Object.entries(value).map(([key, each]) => `${fieldName(key)} ${said(each)}`).join(', '), LONGEST)
}

/** @param {string} field */
export function fieldName(field) {
  return known(`field.${field}`) ?? name(field.replaceAll('_', ' '))
}

/**
 * @param {string} title
 * @param {Node[]} content
 */
function section(title, content) {
  return content.length ? [make('section', {}, make('h3', {}, title), ...content)] : []
}

/**
 * @param {'prompt' | 'negative_prompt'} what
 * @param {unknown} text
 * @param {(what: 'prompt' | 'negative_prompt') => Node[]} beside
 */
function prompt(what, text, beside) {
  return typeof text === 'string' && text ? section(fieldName(what), [drawPrompt(text), ...beside(what)]) : []
}

/**
 * Fields with their values, and with who said so.
 *
 * @param {Record<string, unknown>} facts
 * @param {Described} item
 */
function list(facts, { provenance }) {
  const told = Object.entries(facts).filter(([field, value]) => !APART.has(field) && value !== null && said(value) !== '')
  const rows = told.map(([field, value]) => {
    const source = provenance[field]?.source
    const from = source ? [make('span', { className: 'muted source' }, t('details.from', { source: name(source) }))] : []
    return make('div', {}, make('dt', {}, fieldName(field)), make('dd', {}, make('bdi', {}, said(value, field)), ...from))
  })
  return rows.length ? [make('dl', { className: 'facts' }, ...rows)] : []
}

/** @param {Described} item */
function keywords({ keywords: all }) {
  const words = all.map(({ text, source }) => make('li', { title: source ?? '' }, name(text)))
  return words.length ? [make('ul', { className: 'words' }, ...words)] : []
}

/** @param {Described} item */
function conflicts({ conflicts: all }) {
  if (!all.length) return []
  const rows = all.flatMap(({ field, values, chosen }) => values.map(({ value, source }, place) => {
    const isChosen = JSON.stringify(value) === JSON.stringify(chosen)
    return make('tr', {},
      ...(place ? [] : [make('th', { scope: 'rowgroup', rowSpan: values.length }, fieldName(field))]),
      make('td', {}, make('bdi', {}, said(value, field))),
      make('td', {}, name(source)),
      make('td', {}, t(isChosen ? 'details.chosen' : 'details.rejected')))
  }))
  const head = [t('details.field'), t('details.value'), t('details.source'), t('details.verdict')]
  return [make('table', { className: 'conflicts' },
    make('thead', {}, make('tr', {}, ...head.map((text) => make('th', { scope: 'col' }, text)))),
    make('tbody', {}, ...rows))]
}
