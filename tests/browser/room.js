/*
 * A target is large enough with 24 by 24 CSS pixels (WCAG 2.5.8), or where a circle of that diameter around it meets no
 * other target and no such circle of another small one; links within a sentence are exempt. A label is part of what it
 * labels.
 */
() => {
  const found = []
  const page = document.scrollingElement
  if (page.scrollWidth > innerWidth) {
    const beyond = all().filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
    const widest = beyond.slice(-3).map(told).join(' ')
    found.push(`scrolls sideways, to ${page.scrollWidth} of ${innerWidth} px: ${widest}`)
  }
  const targets = all()
    .filter((each) => each.matches('a[href], button, input, select, textarea, summary, [tabindex="0"], [role=tab]'))
    .filter((each) => !each.disabled && isSeen(each))
    .map((each) => ({ each, box: reach(each) }))
  const small = targets.filter(({ each, box }) => (box.width < 23.9 || box.height < 23.9) && !isInSentence(each))
  for (const { each, box } of small) {
    const [x, y] = middle(box)
    const others = targets.filter((other) => !other.each.contains(each) && !each.contains(other.each))
    const met = others.find(
      (other) =>
        distance(x, y, other.box) < 12 ||
        (small.includes(other) && Math.hypot(x - middle(other.box)[0], y - middle(other.box)[1]) < 24),
    )
    if (met) found.push(`too small, ${round(box)}, beside ${told(met.each)}: ${told(each)}`)
  }
  for (const each of all()) {
    const style = getComputedStyle(each)
    // What says that it goes on, by an ellipsis, is cut off on purpose; a pixel is there for who listens.
    const isShort = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none' || each.clientWidth <= 1
    if (isShort || style.display === 'inline' || !isSeen(each)) continue
    const isWide = each.scrollWidth > each.clientWidth + 1
    const isLow = ['hidden', 'clip'].includes(style.overflowY) && each.scrollHeight > each.clientHeight + 1
    if ((isWide && ['hidden', 'clip'].includes(style.overflowX)) || (isLow && hasText(each))) found.push(`cut off: ${told(each)}`)
    // Texts embedded in a file stand in their own lines, as they were written.
    const mayScroll = ['auto', 'scroll'].includes(style.overflowX) && !each.matches('pre')
    if (isWide && mayScroll) found.push(`scrolls sideways inside: ${told(each)}`)
  }
  return found

  function reach(each) {
    const label = each.labels?.[0]
    const boxes = [each, ...(label ? [label] : [])].map((one) => one.getBoundingClientRect())
    const left = Math.min(...boxes.map((box) => box.left))
    const right = Math.max(...boxes.map((box) => box.right))
    const top = Math.min(...boxes.map((box) => box.top))
    const bottom = Math.max(...boxes.map((box) => box.bottom))
    return { left, right, top, bottom, width: right - left, height: bottom - top }
  }
  function all() {
    return [...document.body.querySelectorAll('*')]
  }
  function isSeen(each) {
    return each.checkVisibility({ visibilityProperty: true }) && !each.closest('.unseen, .skip')
  }
  function isInSentence(each) {
    return each.tagName === 'A' && getComputedStyle(each).display === 'inline' && hasText(each.parentElement)
  }
  function hasText(each) {
    return [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')
  }
  function middle(box) {
    return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
  }
  function distance(x, y, box) {
    return Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom))
  }
  function round(box) {
    return `${box.width.toFixed(1)} × ${box.height.toFixed(1)}`
  }
  function told(each) {
    const name = each.getAttribute('aria-label') || each.textContent.trim().slice(0, 40)
    return `<${each.tagName.toLowerCase()} id="${each.id}" class="${each.className}">${name}`
  }
}
