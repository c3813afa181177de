/** Where the storage failed under a session it is shown as stopped, but has not ended: it goes on once it is told to. */

import { post } from '../api.js'
import { run } from '../command.js'
import { element, part } from '../dom.js'

/** @typedef {import('../types.js').Message} Message */

/** The codes of `StorageFailed` and what is below it. */
const STORAGE = new Set(['storage_failed', 'data_folder_busy', 'data_folder_unusable', 'database_unusable'])

/** @param {Message} message */
export function isCutOff({ status, error }) {
  return (status === 'error' || status === 'commit_error') && STORAGE.has(error?.code ?? '')
}

export class Broken {
  /** @param {import('../store.js').Store} store */
  constructor(store) {
    const resume = element('broken-resume', HTMLButtonElement)
    resume.onclick = () => run(resume, 'broken-trouble', () => post(`/api/ingest/resume/${store.followed}`))
    store.addEventListener('draw', () => {
      part('broken').hidden = !store.message || !isCutOff(store.message)
    })
  }
}
