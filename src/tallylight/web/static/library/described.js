/** What is known of a committed file: its prompt, what made it, technical facts, keywords; each with who said so. */

import { make } from '../dom.js'
import { bytes, duration, elide, name } from '../format.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Medium} Medium */
/** @typedef {keyof typeof import('../i18n/en.js').default} Key */

const LONGEST = 600
/** Told by themselves, or of no use to people. */
const APART = new Set(['prompt', 'negative_prompt', 'negative_terms', 'type'])

/** @param {Medium} medium */
export function described(medium) {
  const { generation, media, keywords, conflicts, warnings, nsfw_score: nsfw } = medium
  return [
    ...text('library.prompt', generation['prompt']),
    ...text('library.negative', generation['negative_prompt']),
    ...section('library.made', list(generation, medium)),
    ...section('library.facts', list({ size: bytes(medium.bytes), ...media, score: medium.score, nsfw_score: nsfw }, medium)),
    ...section('library.facet.keyword', keywords.length ? [make('p', {}, name(keywords.map((word) => word.text).join(', ')))] : []),
    ...section('library.disputed', conflicts.map(({ field, chosen, values }) => make('p', {},
      `${label(field)}: ${said(chosen)} (${values.map(({ value, source }) => `${said(value)}, ${name(source)}`).join('; ')})`))),
    ...section('library.warnings', warnings.map((warning) => make('p', {}, name(warning)))),
  ]
}

/**
 * @param {Key} title
 * @param {Node[]} content
 */
function section(title, content) {
  return content.length ? [make('section', {}, make('h3', {}, t(title)), ...content)] : []
}

/**
 * @param {Key} title
 * @param {unknown} prompt
 */
function text(title, prompt) {
  return typeof prompt === 'string' && prompt ? section(title, [make('p', { className: 'prompt' }, name(prompt))]) : []
}

/**
 * @param {Record<string, unknown>} facts
 * @param {Medium} medium
 */
function list(facts, { provenance }) {
  const rows = Object.entries(facts).filter(([field, value]) => !APART.has(field) && value !== null && value !== undefined)
  const drawn = rows.map(([field, value]) => {
    const source = provenance[field]?.source
    const from = source ? [make('span', { className: 'muted' }, ` ${t('library.from', { source: name(source) })}`)] : []
    const shown = field === 'duration' ? duration(Number(value)) : said(value)
    return make('div', {}, make('dt', {}, label(field)), make('dd', {}, make('bdi', {}, shown), ...from))
  })
  return drawn.length ? [make('dl', { className: 'facts' }, ...drawn)] : []
}

/** @param {string} field */
function label(field) {
  return name(field.replaceAll('_', ' '))
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function said(value) {
  if (Array.isArray(value)) return value.map(said).join(', ')
  if (typeof value === 'object' && value !== null) return Object.values(value).map(said).join(' ')
  return elide(name(String(value ?? '–')), LONGEST)
}
