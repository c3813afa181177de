/** Questions to the server. Every failure arrives as one sentence that can be shown as it is. */

import { admitted, below } from './place.js'
import { t } from './text.js'

export class ApiError extends Error {
  /**
   * @param {string} sentence
   * @param {number} status 0 where the server gave no answer
   */
  constructor(sentence, status) {
    super(sentence)
    this.status = status
  }
}

/**
 * @template T
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function get(path, signal) {
  return ask(path, { method: 'GET', ...(signal && { signal }) })
}

/**
 * @template T
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function post(path, body, signal) {
  return send('POST', path, body, signal)
}

/**
 * @template T
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<T>}
 */
export function put(path, body) {
  return send('PUT', path, body)
}

/**
 * @template T
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<T>}
 */
export function patch(path, body) {
  return send('PATCH', path, body)
}

/**
 * @template T
 * @param {string} path
 * @returns {Promise<T>}
 */
export function remove(path) {
  return send('DELETE', path)
}

/**
 * @template T
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
function send(method, path, body, signal) {
  const headers = { 'Content-Type': 'application/json' }
  const json = body === undefined ? {} : { headers, body: JSON.stringify(body) }
  return ask(path, { method, ...json, ...(signal && { signal }) })
}

/**
 * What to show of anything that was thrown.
 *
 * @param {unknown} error
 */
export function sentence(error) {
  return error instanceof Error ? error.message : String(error)
}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof DOMException && error.name === 'AbortError'
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function ask(path, request) {
  const response = await fetch(below(path), request).catch((error) => {
    if (isAbort(error)) throw error
    throw new ApiError(t('api.no_answer'), 0)
  })
  admitted(response.status)
  if (!response.ok) throw new ApiError(await problem(response), response.status)
  return response.json()
}

/**
 * The sentence of an RFC 9457 problem; a proxy's error page has none.
 *
 * @param {Response} response
 */
async function problem(response) {
  const body = await response.json().catch(() => ({}))
  return body.detail || body.title || t('api.status', { status: `${response.status} ${response.statusText}`.trim() })
}
