/** One file of the preview in the grid: its picture, its name, and whether a commit takes it. */

import { make } from '../dom.js'
import { baseName, duration, name, percent } from '../format.js'
import { below } from '../place.js'
import { known, t } from '../text.js'

/** @typedef {import('../types.js').PreviewItem} PreviewItem */
/** @typedef {{ session: string, threshold: number, revealed: Set<number>, canChoose: boolean }} Look */

const COMMITTED = new Set(['new', 'changed', 'moved', 'duplicate'])

/** @param {PreviewItem} item */
export function isCommitted(item) {
  return COMMITTED.has(item.class)
}

/**
 * Whether a picture is shown only to those who ask.
 *
 * @param {PreviewItem} item
 * @param {Look} look
 */
export function isVeiled({ nsfw_score: score, seq }, { threshold, revealed }) {
  return score !== null && score >= threshold && !revealed.has(seq)
}

/**
 * @param {PreviewItem} item
 * @param {HTMLElement} cell
 * @param {Look} look
 */
export function drawCell(item, cell, look) {
  const canChoose = look.canChoose && isCommitted(item)
  const shown = make('bdi', { className: 'name', title: name(item.file) }, name(baseName(item.file)))
  const told = details(item)
  cell.replaceChildren(frame(item, look), shown, make('span', { className: 'muted', title: told }, told))
  if (canChoose) cell.firstElementChild?.append(make('span', { className: 'tick', ariaHidden: 'true' }))
  cell.querySelector('.tick')?.toggleAttribute('data-choose', true)
  cell.ariaSelected = canChoose ? String(!item.set_aside) : null
  cell.toggleAttribute('data-aside', item.set_aside)
}

/**
 * @param {PreviewItem} item
 * @param {Look} look
 */
function frame(item, look) {
  const { file, media, seq, nsfw_score: nsfw } = item
  const made = make('span', { className: 'frame' })
  // Its name follows as text, so the picture itself needs none.
  if (item.has_thumbnail) made.append(make('img', { src: thumbnail(look.session, seq), alt: '', decoding: 'async' }))
  else made.append(make('span', { className: 'suffix' }, suffix(file)))
  made.toggleAttribute('data-veiled', isVeiled(item, look))
  if (nsfw !== null && nsfw >= look.threshold) made.append(make('span', { className: 'nsfw' }, t('plan.nsfw', { score: percent(nsfw * 100) })))
  if (media.duration !== undefined) made.append(make('span', { className: 'length' }, duration(media.duration)))
  return made
}

/**
 * @param {string} session
 * @param {number} seq
 */
export function thumbnail(session, seq) {
  return below(`/api/ingest/thumbnail/${session}/${seq}`)
}

/**
 * What is said of a file below its name, the most telling first.
 *
 * @param {PreviewItem} item
 */
function details({ message, code, moved_from: from, same_as: same, changes, conflicts, media, score, favourite, refused }) {
  // Orientations 5 to 8 lie on their side: the file's width is the height people see.
  const sides = [media.width, media.height]
  if ((media.orientation ?? 1) >= 5) sides.reverse()
  return [
    refused && name(refused),
    message && `${known(`reason.${code}`) ?? name(code ?? '')}: ${name(message)}`,
    from !== null && t('plan.from', { path: name(from) }),
    same !== null && t('plan.same', { name: name(baseName(same)) }),
    changes.length > 0 && changes.map(({ field }) => known(`field.${field}`) ?? field).join(', '),
    conflicts.length > 0 && t('plan.disputed', { count: conflicts.length }),
    sides.every(Boolean) && sides.join(' × '),
    stars(score),
    favourite && '♥',
  ].filter(Boolean).join(' · ')
}

/** @param {number | null} score −1 rejects, 0 is unrated */
export function stars(score) {
  if (score === null || score === 0) return ''
  return score < 0 ? t('plan.rejected') : `★ ${score}`
}

/** @param {string} file */
function suffix(file) {
  const base = baseName(file)
  const dot = base.lastIndexOf('.')
  return dot < 0 ? '' : base.slice(dot + 1).toLowerCase()
}
