/** What a button does when it is pressed. */

import { sentence } from './api.js'
import { part, write } from './dom.js'

/**
 * Do something once, however often the button is pressed meanwhile, and say beside it why it could not be done.
 *
 * The button is marked busy, not disabled: a disabled one loses the focus, and a keyboard its place.
 *
 * @param {HTMLButtonElement} button
 * @param {string} trouble id of the element that says why
 * @param {() => Promise<unknown>} act
 */
export async function run(button, trouble, act) {
  if (button.ariaBusy === 'true') return
  button.ariaBusy = 'true'
  write(part(trouble), '')
  try {
    await act()
  } catch (error) {
    write(part(trouble), sentence(error))
  } finally {
    button.ariaBusy = 'false'
  }
}
