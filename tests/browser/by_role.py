"""Finds things in a tab of any engine as a person does: by what they are and what they are called."""

from __future__ import annotations

import json
from typing import Final

from tests.browser.engines.contract import Tab

#: Native elements with the roles that the tests ask for; what is not shown is not found.
_FIND: Final = """
((role, name) => {
  const kinds = {
    button: 'button, summary, [role=button]', link: 'a[href]', checkbox: 'input[type=checkbox]',
    heading: 'h1, h2, h3', tab: '[role=tab]',
  }
  const labels = (each) => [...(each.labels ?? [])].map((label) => label.textContent).join(' ')
  const called = (each) => each.getAttribute('aria-label') || labels(each) || each.textContent
  return [...document.querySelectorAll(kinds[role])]
    .filter((each) => each.getClientRects().length && !each.disabled)
    .find((each) => called(each).replace(/\\s+/g, ' ').trim().startsWith(name))
})(%s, %s)
"""


def found(role: str, name: str) -> str:
    """An expression for the first that is shown, can be used, and has a name that begins so; undefined for none."""
    return _FIND % (json.dumps(role), json.dumps(name))


def see(tab: Tab, role: str, name: str) -> None:
    """Wait until there is one."""
    tab.until(f"{found(role, name)} !== undefined")


def press(tab: Tab, role: str, name: str) -> None:
    """Press it, once there is one."""
    see(tab, role, name)
    tab.run(f"void {found(role, name)}.click()")
