/** @type {(target: any, patch: any) => any} as RFC 7396 has it; neither is changed */
export function merge(target, patch) {
  if (!isObject(patch)) return patch
  const merged = isObject(target) ? { ...target } : {}
  for (const key in patch) {
    if (patch[key] === null) delete merged[key]
    else merged[key] = merge(merged[key], patch[key])
  }
  return merged
}

/** @param {unknown} value */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
