/** The page's own elements, found by id, and the few things done to them. */

/**
 * The element with this id.
 *
 * @template {Element} T
 * @param {string} id
 * @param {{ new (): T }} type
 * @returns {T}
 * @throws {TypeError} where the page has none of this type: a template and a module have drifted apart.
 */
export function element(id, type) {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new TypeError(`The page has no ${type.name} with the id "${id}".`)
  return found
}

/**
 * The HTML element with this id, of whatever kind.
 *
 * @param {string} id
 */
export function part(id) {
  return element(id, HTMLElement)
}

/**
 * Show a text. Leaves the element alone where it already has it: a replaced text node drops the reader's selection.
 *
 * @param {Element} target
 * @param {string} text
 */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/**
 * Make an element that is not in the page yet. Names of files only ever come in as text.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag)
  Object.assign(made, properties)
  made.append(...children)
  return made
}

/**
 * Set a bar to whole percent, or, with null, let it say that something happens but not how much.
 *
 * @param {HTMLProgressElement} bar
 * @param {number | null} percent
 */
export function fill(bar, percent) {
  if (percent === null) bar.removeAttribute('value')
  else bar.value = percent
}
