/** One committed file in the grid. */

import { make } from '../dom.js'
import { baseName, duration, name } from '../format.js'
import { below } from '../place.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Medium} Medium */

const VEILED_FROM = Number(document.getElementById('library')?.dataset.veiledFrom)

/** @param {Medium} medium */
export function isVeiled({ nsfw_score: score }) {
  return score !== null && score >= VEILED_FROM
}

/**
 * @param {Medium} medium
 * @param {HTMLElement} cell
 */
export function drawCell(medium, cell) {
  const shown = make('bdi', { className: 'name', title: name(medium.path) }, name(baseName(medium.path)))
  cell.replaceChildren(frame(medium), shown, make('span', { className: 'muted' }, verdict(medium)))
}

/** @param {Medium} medium */
function frame(medium) {
  const { media_id: id, media, path } = medium
  const made = make('span', { className: 'frame' })
  // Its name follows as text, so the picture itself needs none.
  if (medium.has_thumbnail) made.append(make('img', { src: below(`/api/media/${id}/thumbnail`), alt: '', decoding: 'async' }))
  else made.append(make('span', { className: 'suffix' }, path.slice(path.lastIndexOf('.') + 1).toLowerCase()))
  made.toggleAttribute('data-veiled', isVeiled(medium))
  if (media.duration !== undefined) made.append(make('span', { className: 'length' }, duration(media.duration)))
  return made
}

/** @param {Medium} medium */
function verdict({ score, favourite, missing_since: missing }) {
  const stars = score ? (score < 0 ? t('library.rejected') : `★ ${score}`) : ''
  return [stars, favourite ? '♥' : '', missing === null ? '' : t('library.missing')].filter(Boolean).join(' · ')
}
