/**
 * What the page says, in the language that the server chose for it: `<html lang>` names the catalogue in `i18n/`.
 *
 * A text is a sentence with `{places}`, or, where a number decides, one sentence for each plural form that the language
 * has, chosen by the value of `count`. Numbers are written as the language writes them.
 */

/** @typedef {keyof typeof import('./i18n/en.js').default} Key */
/** @typedef {string | Record<string, string>} Text */

export const LANGUAGE = document.documentElement.lang || 'en'

/** @type {Record<string, Text>} */
const texts = (await import(`./i18n/${LANGUAGE}.js`)).default
const plurals = new Intl.PluralRules(LANGUAGE)
const integers = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 })

/**
 * The text of this name.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values] what stands in its places
 * @returns {string}
 * @throws {TypeError} where the catalogue has no such text.
 */
export function t(key, values = {}) {
  const text = texts[key]
  if (text === undefined) throw new TypeError(`There is no text named "${key}" in ${LANGUAGE}.`)
  const sentence = typeof text === 'string' ? text : (text[plurals.select(Number(values.count))] ?? text.other ?? '')
  return sentence.replace(/\{(\w+)\}/g, (place, name) => written(values[name], place))
}

/**
 * For names made of a code that the server sends, a reason or a status: undefined where there is no such text.
 *
 * @param {string} key
 * @returns {string | undefined}
 */
export function known(key) {
  return key in texts ? t(/** @type {Key} */ (key)) : undefined
}

/**
 * @param {string | number | undefined} value
 * @param {string} place
 */
function written(value, place) {
  if (value === undefined) return place
  return typeof value === 'number' ? integers.format(value) : value
}
