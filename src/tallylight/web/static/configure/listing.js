/** The folders of a listing, in the order that is wanted, and what is said of each. Pure. */

import { count, files } from '../format.js'
import { t } from '../text.js'

/** @typedef {import('../types.js').Directory} Directory */

/** Rows that are drawn at once: a folder may hold thousands. */
export const MOST_ROWS = 200
/** Types that are told of one folder. */
const MOST_TYPES = 4

/**
 * Those whose name holds this, sorted. The server's order is that of their names.
 *
 * @param {Directory[]} directories
 * @param {string} part of a name, whatever its case
 * @param {string} order `name`, `files` or `fresh`: the most first, unknown ones last
 */
export function arranged(directories, part, order) {
  const wanted = part.trim().toLowerCase()
  const found = directories.filter(({ name }) => name.toLowerCase().includes(wanted))
  const key = order === 'files' ? total : fresh
  return order === 'name' ? found : [...found].sort((one, other) => key(other) - key(one))
}

/**
 * How many files a folder holds, and how many of them are in the catalog.
 *
 * @param {Directory} directory
 */
export function holds({ total_files: all, ingested_files: ingested, has_children: opens, readable, capped }) {
  if (!readable) return t('configure.unreadable')
  if (all === null) return ''
  if (!all && !capped) return t(opens ? 'configure.only_folders' : 'configure.empty')
  const what = capped ? t('configure.at_least', { what: files(all) }) : files(all)
  if (!ingested) return what
  return ingested >= all && !capped
    ? t('configure.all_ingested', { what })
    : t('configure.some_ingested', { what, ingested: count(ingested) })
}

/**
 * The types in a folder, the most frequent first: `12 jpg, 3 mp4`.
 *
 * @param {Directory} directory
 */
export function types({ types }) {
  const sorted = Object.entries(types).sort(([, one], [, other]) => other - one)
  const told = sorted.slice(0, MOST_TYPES).map(([type, count]) => t('configure.type', { type, count }))
  return `${told.join(', ')}${sorted.length > MOST_TYPES ? ', …' : ''}`
}

/** @param {Directory} directory */
function total({ total_files: all }) {
  return all ?? -1
}

/** @param {Directory} directory */
function fresh({ total_files: all, ingested_files: ingested }) {
  return all === null ? -1 : Math.max(0, all - ingested)
}
