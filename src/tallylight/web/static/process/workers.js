/**
 * What each worker is on, and for how long. A file keeps its row for as long as it is worked on, and the page comes with a
 * row for each worker: what is below must not jump when the first files are told.
 */

import { make, part, write } from '../dom.js'
import { beat } from '../elements/beat.js'
import { duration, name } from '../format.js'
import { t } from '../text.js'

/** @typedef {{ file: string, s: number }} Worker */

/** Seconds after which a file stands out: most take a fraction of one. */
const SLOW_S = 5

export class Workers {
  /** @type {{ file: string, row: HTMLElement }[]} */
  #rows = [...part('workers-list').children].map((row) => ({ file: '', row: /** @type {HTMLElement} */ (row) }))

  /** @param {Worker[]} workers */
  draw(workers) {
    const left = new Map(workers.map((worker) => [worker.file, worker]))
    const free = []
    for (const row of this.#rows) {
      const worker = left.get(row.file)
      if (worker && left.delete(row.file)) drawRow(row.row, worker)
      else free.push(row)
    }
    for (const worker of left.values()) {
      const row = free.shift() ?? this.#add()
      row.file = worker.file
      drawRow(row.row, worker)
      beat(/** @type {HTMLElement} */ (row.row.firstElementChild))
    }
    for (const row of free) {
      row.file = ''
      drawRow(row.row, null)
    }
  }

  clear() {
    this.draw([])
  }

  #add() {
    const row = make('li', {}, make('bdi', { className: 'path' }), make('span', { className: 'took' }))
    part('workers-list').append(row)
    const added = { file: '', row }
    this.#rows.push(added)
    return added
  }
}

/**
 * @param {HTMLElement} row
 * @param {Worker | null} worker
 */
function drawRow(row, worker) {
  const [file, took] = /** @type {[HTMLElement, HTMLElement]} */ ([...row.children])
  const isSlow = worker !== null && worker.s >= SLOW_S
  row.toggleAttribute('data-slow', isSlow)
  write(file, worker ? name(worker.file) : '–')
  file.title = worker ? name(worker.file) : ''
  write(took, worker ? (isSlow ? t('workers.slow', { time: duration(worker.s) }) : duration(worker.s)) : '')
}
