/** Numbers, times and names, written for people in their language. Pure. */

import { LANGUAGE, t } from './text.js'

/** English dates are those of most of the world: the day before the month, and 24 hours. */
const DATES = LANGUAGE === 'en' ? 'en-GB' : LANGUAGE
const integers = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat(DATES, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat(DATES, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const long = new Intl.DateTimeFormat(DATES, { dateStyle: 'medium', timeStyle: 'short' })
const percents = new Intl.NumberFormat(LANGUAGE, { style: 'percent', maximumFractionDigits: 0 })
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** As long as the server's own limit for names in a message (`LONGEST_NAME` in messages.py). */
const LONGEST_NAME = 160

/** @param {number} value */
export function count(value) {
  return integers.format(value)
}

/** @param {number} value */
export function files(value) {
  return t('count.files', { count: value })
}

/** @param {number} value */
export function failures(value) {
  return t('count.failures', { count: value })
}

/** @param {number} value whole, of 100 */
export function percent(value) {
  return percents.format(value / 100)
}

/** @param {number} value */
export function rate(value) {
  return value < 100 ? tenths.format(value) : count(value)
}

/** @param {number} value */
export function bytes(value) {
  let size = value
  let unit = 0
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 || size >= 99.95 ? count(size) : tenths.format(size)} ${UNITS[unit]}`
}

/**
 * `0:09`, `12:04`, `1:02:33`.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds))
  const minutes = Math.floor(whole / 60)
  const tail = String(whole % 60).padStart(2, '0')
  if (minutes < 60) return `${minutes}:${tail}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${tail}`
}

/** @param {number} at seconds since 1970 */
export function timeOfDay(at) {
  return clock.format(at * 1000)
}

/** @param {number} at seconds since 1970 */
export function date(at) {
  const when = new Date(at * 1000)
  return (when.getFullYear() === new Date().getFullYear() ? day : long).format(when)
}

const written = { dateStyle: /** @type {const} */ ('medium'), timeZone: 'UTC' }
const dayTaken = new Intl.DateTimeFormat(DATES, written)
const timeTaken = new Intl.DateTimeFormat(DATES, { ...written, timeStyle: 'short' })
const ISO = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

/**
 * A date as a file states it: what the clock of the camera showed, wherever it is read. What is no date stays as it is.
 *
 * @param {string} text ISO 8601
 */
export function stated(text) {
  const [, day, time, zone = ''] = ISO.exec(text) ?? []
  const at = Date.parse(`${day}T${time ?? '00:00'}Z`)
  if (Number.isNaN(at)) return text
  return [(time ? timeTaken : dayTaken).format(at), zone === 'Z' ? 'UTC' : zone].filter(Boolean).join(' ')
}

/** What does not show as itself, but for what words are written with: joiners, and the soft hyphen. */
const UNSEEN = /(?![\u00ad\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * A name with what cannot be seen written out, as `visible.py` does for report and terminal: a line end would break a
 * row, and a right-to-left override makes `gpj.exe` read as `exe.jpg`.
 *
 * @param {string} text
 */
export function name(text) {
  return text.replace(UNSEEN, (unseen) => {
    const number = unseen.codePointAt(0) ?? 0
    if (number < 0x20) return String.fromCharCode(0x2400 + number)
    if (number === 0x7f) return '\u2421'
    return `⟨U+${number.toString(16).toUpperCase().padStart(4, '0')}⟩`
  })
}

/**
 * Shorten in the middle as the server does, so that a name in a message and the same name in full can be matched.
 *
 * @param {string} text
 * @param {number} [longest]
 */
export function elide(text, longest = LONGEST_NAME) {
  const characters = Array.from(text)
  if (characters.length <= longest) return text
  const head = Math.floor((longest - 1) / 3)
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (longest - 1 - head)).join('')}`
}

/** @param {string} path */
export function baseName(path) {
  return path.slice(path.lastIndexOf('/') + 1) || path
}
