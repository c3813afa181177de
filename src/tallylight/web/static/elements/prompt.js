/** A prompt as its program weighs it: `(word:1.2)`, `((word))` and `[word]` drawn larger or smaller, with the weight as text. */

import { make } from '../dom.js'
import { name } from '../format.js'
import { LANGUAGE } from '../text.js'

/** @typedef {{ text: string, weight: number }} Run */

const STEP = 1.1
const weights = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 2 })
const WEIGHT = /^:\s*([+-]?\d*\.?\d+)\s*\)/

/**
 * The runs of a prompt that have one weight each, without the brackets that say so. Brackets that do not close are text.
 *
 * @param {string} prompt
 * @returns {Run[]}
 */
export function runs(prompt) {
  /** @type {Run[]} */
  const found = []
  /** @type {{ kind: string, start: number }[]} */
  const open = []
  let text = ''
  const end = () => {
    if (text) found.push({ text, weight: 1 })
    text = ''
  }
  /** @param {number} factor */
  const close = (factor) => {
    end()
    const { start = 0 } = open.pop() ?? {}
    for (const run of found.slice(start)) run.weight *= factor
  }
  for (let at = 0; at < prompt.length; at++) {
    const sign = prompt.charAt(at)
    const inside = open.at(-1)?.kind
    const weighed = sign === ':' && inside === '(' ? WEIGHT.exec(prompt.slice(at, at + 16)) : null
    if (sign === '\\' && at + 1 < prompt.length) text += prompt.charAt(++at)
    else if (sign === '(' || sign === '[') {
      end()
      open.push({ kind: sign, start: found.length })
    } else if (weighed) {
      close(Number(weighed[1]))
      at += weighed[0].length - 1
    } else if (sign === ')' && inside === '(') close(STEP)
    else if (sign === ']' && inside === '[') close(1 / STEP)
    else text += sign
  }
  end()
  return open.length ? [{ text: prompt, weight: 1 }] : found
}

/**
 * @param {string} prompt
 * @returns {HTMLElement}
 */
export function drawPrompt(prompt) {
  const drawn = make('p', { className: 'prompt' })
  for (const { text, weight } of runs(prompt)) {
    const shown = Math.round(weight * 100) / 100
    if (shown === 1) {
      drawn.append(lines(text))
      continue
    }
    const run = make('span', { className: 'weighed' }, lines(text), make('small', {}, `×${weights.format(shown)}`))
    run.style.fontSize = `${Math.max(0.8, Math.min(1.5, 1 + (shown - 1) * 0.6))}em`
    if (shown > 1) run.style.fontWeight = '600'
    else run.dataset.less = ''
    drawn.append(run)
  }
  return drawn
}

/**
 * Line ends are part of how a prompt is written; all else that cannot be seen is written out.
 *
 * @param {string} text
 */
function lines(text) {
  return text.split(/\r?\n/).map(name).join('\n')
}
