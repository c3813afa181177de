"""The grid of any length (static/elements/grid.js): few elements, every position by keyboard, pages as needed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import Server

#: A page with nothing but a grid of so many items; what it asks for and what it says are kept in `window.log`.
GRID = """
async ([total, wait]) => {
  await import('/static/elements/grid.js')
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/static/files.css' }))
  const grid = document.createElement('tally-grid')
  grid.setAttribute('aria-label', 'Numbers')
  grid.style.height = '500px'
  window.log = { asked: [], said: [], failing: false, open: () => {} }
  const gate = wait ? new Promise((resolve) => { window.log.open = resolve }) : null
  grid.draw = (item, cell) => {
    cell.replaceChildren(Object.assign(document.createElement('span'), { textContent: item.text }))
    cell.ariaSelected = String(item.text === 'no 3')
    const box = document.createElement('b')
    box.dataset.choose = ''
    box.textContent = '·'
    cell.append(box)
  }
  for (const kind of ['open', 'choose', 'trouble', 'move']) {
    const say = ({ detail }) => window.log.said.push([kind, detail?.index ?? detail?.message ?? grid.at])
    grid.addEventListener(kind, say)
  }
  grid.load = async (offset, limit) => {
    window.log.asked.push(offset)
    if (gate) await gate
    if (window.log.failing) throw new Error('gone')
    const most = Math.min(limit, total - offset)
    return Array.from({ length: most }, (_, number) => ({ text: `no ${offset + number}` }))
  }
  grid.total = total
  document.querySelector('main').prepend(grid)
  window.grid = grid
}
"""
CELLS = "() => document.querySelectorAll('tally-grid [role=option]').length"
#: Where each cell that is read out stands, in the order in which it is read.
ORDER = "() => [...document.querySelectorAll('tally-grid [role=option]')].map((cell) => Number(cell.ariaPosInSet))"


def grid(page: Page, server: Server, total: int, *, waiting: bool = False) -> None:
    page.goto(server.url)
    page.evaluate(GRID, [total, waiting])


def log(page: Page, name: str) -> list[Any]:
    found: list[Any] = page.evaluate("(name) => window.log[name]", name)
    return found


def cell(page: Page, number: int) -> Any:
    return page.get_by_role("listbox", name="Numbers").get_by_role("option", name=re.compile(rf"^no {number}\b"))


@pytest.mark.parametrize("total", [100_000, 1_000_000])
def test_from_one_end_to_the_other_with_as_many_elements(page: Page, server: Server, total: int) -> None:
    grid(page, server, total)
    expect(cell(page, 0)).to_be_visible()
    cells = page.evaluate(CELLS)
    assert cells < 80
    cell(page, 0).focus()
    page.keyboard.press("End")
    expect(cell(page, total - 1)).to_be_focused()
    expect(cell(page, total - 1)).to_be_in_viewport(ratio=0.9)
    assert page.evaluate(CELLS) <= cells + 10
    page.keyboard.press("Home")
    expect(cell(page, 0)).to_be_focused()
    expect(cell(page, 0)).to_be_in_viewport(ratio=0.9)
    assert page.evaluate(CELLS) <= cells + 1


def test_every_row_is_reached_where_the_scrollbar_is_coarser_than_the_rows(page: Page, server: Server) -> None:
    grid(page, server, 3_000_000)
    cell(page, 0).focus()
    page.evaluate("() => { grid.at = 1500000; grid.focus() }")
    expect(cell(page, 1_500_000)).to_be_in_viewport(ratio=0.9)
    for number in range(1_500_001, 1_500_005):
        page.keyboard.press("ArrowRight")
        expect(cell(page, number)).to_be_focused()
        expect(cell(page, number)).to_be_in_viewport(ratio=0.9)


def test_scrolling_through_everything_asks_for_little(page: Page, server: Server) -> None:
    grid(page, server, 20_000)
    expect(cell(page, 0)).to_be_visible()
    page.evaluate("""
      async () => {
        for (let step = 0; step <= 100; step++) {
          grid.scrollTop = (grid.scrollHeight * step) / 100
          await new Promise(requestAnimationFrame)
        }
      }
    """)
    expect(cell(page, 19_999)).to_be_visible()
    assert page.evaluate(CELLS) < 90
    assert page.evaluate(ORDER) == sorted(page.evaluate(ORDER))


def test_what_has_the_focus_keeps_it_out_of_sight(page: Page, server: Server) -> None:
    grid(page, server, 20_000)
    cell(page, 2).focus()
    page.keyboard.press("ArrowRight")
    page.evaluate("() => { grid.scrollTop = 1e6 }")
    expect(cell(page, 3)).not_to_be_in_viewport()
    expect(cell(page, 3)).to_be_focused()
    assert page.evaluate(ORDER) == sorted(page.evaluate(ORDER))
    page.keyboard.press("ArrowRight")
    expect(cell(page, 4)).to_be_focused()
    expect(cell(page, 4)).to_be_in_viewport()


def test_arrows_pages_and_rows(page: Page, server: Server) -> None:
    grid(page, server, 1000)
    cell(page, 0).focus()
    columns = page.evaluate("""() => {
      const cells = [...document.querySelectorAll('tally-grid [role=option]')]
      const tops = cells.map((cell) => cell.getBoundingClientRect().top)
      return tops.filter((top) => top === tops[0]).length
    }""")
    assert columns > 1
    page.keyboard.press("ArrowDown")
    expect(cell(page, columns)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(cell(page, 0)).to_be_focused()
    page.keyboard.press("PageDown")
    below = page.evaluate("() => grid.at")
    assert below % columns == 0
    assert below > columns
    page.keyboard.press("PageUp")
    expect(cell(page, 0)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(cell(page, 999)).to_be_focused()
    tabbed = page.locator("tally-grid [role=option][tabindex='0']")
    expect(tabbed).to_have_count(1)


def test_it_says_what_is_opened_and_chosen_and_where_each_stands(page: Page, server: Server) -> None:
    grid(page, server, 500)
    expect(cell(page, 3)).to_have_attribute("aria-setsize", "500")
    expect(cell(page, 3)).to_have_attribute("aria-posinset", "4")
    expect(cell(page, 3)).to_have_attribute("aria-selected", "true")
    cell(page, 1).locator("span").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    cell(page, 3).locator("[data-choose]").click()
    said = [entry for entry in log(page, "said") if entry[0] != "move"]
    assert said == [["open", 1], ["open", 2], ["choose", 2], ["choose", 3]]


def test_what_is_not_there_yet_is_busy_and_comes(page: Page, server: Server) -> None:
    grid(page, server, 500, waiting=True)
    busy = page.locator("tally-grid [aria-busy=true]")
    expect(busy.first).to_be_visible()
    page.evaluate("() => window.log.open()")
    expect(cell(page, 0)).to_be_visible()
    expect(busy).to_have_count(0)


def test_a_page_that_did_not_come_is_told_once_and_asked_for_again(page: Page, server: Server) -> None:
    grid(page, server, 5000)
    expect(cell(page, 0)).to_be_visible()
    page.evaluate("() => { window.log.failing = true; grid.scrollTop = grid.scrollHeight }")
    page.wait_for_function("() => window.log.said.some(([kind]) => kind === 'trouble')")
    assert ["trouble", "gone"] in log(page, "said")
    page.evaluate("() => { window.log.failing = false; grid.scrollTop -= 1 }")
    expect(cell(page, 4999)).to_be_visible()


def test_fewer_items_and_none(page: Page, server: Server) -> None:
    grid(page, server, 500)
    page.evaluate("() => { grid.at = 400; grid.total = 7 }")
    expect(cell(page, 6)).to_be_visible()
    assert page.evaluate("() => grid.at") == 6
    expect(page.locator("tally-grid [role=option]")).to_have_count(7)
    page.evaluate("() => { grid.total = 0 }")
    expect(page.locator("tally-grid [role=option]")).to_have_count(0)
    assert page.evaluate("async () => (await grid.item(0))?.text ?? null") == "no 0"


def test_a_narrow_window_has_fewer_columns_and_stays_where_it_was(page: Page, server: Server) -> None:
    grid(page, server, 20_000)
    page.evaluate("() => { grid.at = 10000 }")
    expect(cell(page, 10_000)).to_be_in_viewport()
    page.set_viewport_size({"width": 360, "height": 800})
    expect(cell(page, 10_000)).to_be_in_viewport()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
