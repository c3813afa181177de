/** What a commit will do, in a sentence or two, before anybody presses the button. */

import { LANGUAGE, t } from '../text.js'

/** @typedef {import('../types.js').PreviewCounts} PreviewCounts */

const LISTED = new Intl.ListFormat(LANGUAGE)
/** What is written, in the order in which it is told. */
const WRITTEN = /** @type {const} */ (['new', 'changed', 'moved', 'duplicate'])

/**
 * Empty while not all is known, and where nothing would happen.
 *
 * @param {PreviewCounts | null} counts
 * @param {import('../types.js').Stats} stats
 */
export function willHappen(counts, { missing, found_again: found }) {
  if (!counts?.complete) return ''
  const told = []
  if (counts.to_commit) told.push(t('commit.will', { count: counts.to_commit, what: LISTED.format(classes(counts)) }))
  const aside = WRITTEN.reduce((sum, key) => sum + (counts.set_aside[key] ?? 0), 0)
  if (aside) told.push(t('commit.will_leave', { count: aside }))
  if (missing) told.push(t('commit.will_mark', { count: missing }))
  if (found) told.push(t('commit.will_find', { count: found }))
  return told.join(' ')
}

/** @param {PreviewCounts} counts */
function classes({ files, set_aside: aside }) {
  return WRITTEN.flatMap((key) => {
    const count = (files[key] ?? 0) - (aside[key] ?? 0)
    return count > 0 ? [t(`commit.will_${key}`, { count })] : []
  })
}
