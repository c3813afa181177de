"""How much memory the page keeps of 100,000 updates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from playwright.sync_api import Page

from page_browser import chromium, new_page

#: Stands in for the network alone: whatever comes out of it goes the page's own way, through the stream's parser of
#: patches, the line, the live connection with its channel to other tabs, the store and all that draws.
_SOURCE: Final = """
(() => {
  let sources = 0
  window.EventSource = class extends EventTarget {
    readyState = 1
    constructor() {
      super()
      window.source = this
      sources++
      setTimeout(() => this.onopen?.())
    }
    close() {
      this.readyState = 2
    }
    tell(kind, body, lastEventId) {
      if (this.readyState !== 1) throw new Error('The page closed its stream.')
      this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(body), lastEventId }))
    }
  }
  let slot = 0
  // Always the same: what was sent over seconds and comes in one go is what the page takes for a stream held back.
  const t = Date.now() / 1000
  window.begin = (state) => {
    source.tell('message', state, 'k3f9a2-1')
    source.tell('heartbeat', { t }, '')
  }
  window.feed = async (state, updates, atOnce) => {
    const end = slot + updates
    while (slot < end) {
      const base = slot++
      const seq = state.seq + slot
      const place = { session_id: state.session_id, base, slot, seq, t }
      source.tell('patch', { ...place, patch: changes(slot) }, `k3f9a2-${seq}`)
      if (slot % atOnce === 0) await new Promise(requestAnimationFrame)
    }
    if (sources !== 1) throw new Error('The page gave its stream up.')
    return document.getElementById('count-processed_files').textContent
  }
  function changes(number) {
    const file = `day_${number % 97}/gen_${number}.png`
    const patch = {
      progress: Math.floor(number / 2000),
      processed_files: number,
      current_file: file,
      bytes_done: number * 2_345_678,
      stats: { processed_files: number, metadata_extracted: number, keywords_added: number * 6 },
    }
    if (number % 20 === 0) Object.assign(patch, { elapsed_s: number / 20, files_per_s: 20 + (number % 7) })
    if (number % 500 === 0) {
      patch.stats.errors = number / 500
      patch.errors = [{ at: number, file, code: 'truncated', message: `It ends after ${number} bytes.` }]
    }
    return patch
  }
})()
"""
#: The longer a page runs, the more of its functions are compiled, to code that lives in the same heap. It is
#: bounded by how many there are, and would hide what is kept of updates.
_UNCOMPILED: Final = "--js-flags=--jitless"
_LOOKS: Final = 10
_AT_ONCE: Final = 200


def kilobytes(address: str, session: dict[str, Any], updates: int) -> list[float]:
    """What lives in the page's heap, in kB: after a warm-up, and after each tenth of so many updates."""
    with chromium(_UNCOMPILED) as browser:
        page = new_page(browser)
        page.add_init_script(_SOURCE)
        page.goto(address)
        page.wait_for_function("() => window.source?.readyState === 1")
        page.evaluate("state => begin(state)", session)
        return list(_looks(page, session, updates))


def _looks(page: Page, session: dict[str, Any], updates: int) -> Iterator[float]:
    debugger = page.context.new_cdp_session(page)
    fed = 0
    # The first look comes after half as many more: code is compiled by then, and what grows to a bound is at it.
    for more in (updates // 2, *[updates // _LOOKS] * _LOOKS):
        fed += more
        shown = page.evaluate("([state, more, atOnce]) => feed(state, more, atOnce)", [session, more, _AT_ONCE])
        if shown != f"{fed:,}":
            raise SystemExit(f"The page shows {shown} after {fed:,} updates.")
        debugger.send("HeapProfiler.collectGarbage")
        yield debugger.send("Runtime.getHeapUsage")["usedSize"] / 1000
