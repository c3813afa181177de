"""How the page applies patches (static/live/patch.js): as the server makes them, and as RFC 7396 says."""

from __future__ import annotations

import random
from typing import Any

from playwright.sync_api import Page
from tests.browser.serving import Server

from tallylight.live.patch import applied, difference

MERGE = """
async (pairs) => {
  const { merge } = await import('/static/live/patch.js')
  return pairs.map(([target, patch]) => merge(target, patch))
}
"""
KEEPS = """
async ([target, patch]) => {
  const { merge } = await import('/static/live/patch.js')
  const before = JSON.stringify([target, patch])
  merge(target, patch)
  return JSON.stringify([target, patch]) === before
}
"""
RULES: list[tuple[Any, Any, Any]] = [
    ({"a": 1, "b": 2}, {}, {"a": 1, "b": 2}),
    ({"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    ({"a": 1}, {"b": None}, {"a": 1}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": None}}, {"a": {"b": 3}}),
    ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ({"a": [1, 2]}, {"a": {"b": 3, "c": None}}, {"a": {"b": 3}}),
    ({"a": {"b": 1}}, {"a": 0}, {"a": 0}),
    ({"a": 1}, {"a": False}, {"a": False}),
    ({"a": 1}, {"a": ""}, {"a": ""}),
    ({"a": 1}, [2], [2]),
    ({}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
    ([1], {"a": 2}, {"a": 2}),
]
VALUES: tuple[Any, ...] = (0, 1, 42, 3.5, True, False, "", "day_3/a.png", [], [1, {"a": 2}], {})


def state(chance: random.Random, depth: int = 3) -> dict[str, Any]:
    """A tree of few names, so that any two have some in common."""
    keys = [key for key in "abcdef" if chance.random() < 0.6]
    return {key: state(chance, depth - 1) if depth and chance.random() < 0.3 else chance.choice(VALUES) for key in keys}


def test_the_rules(page: Page, server: Server) -> None:
    page.goto(server.url)
    assert page.evaluate(MERGE, [[target, patch] for target, patch, _ in RULES]) == [wanted for *_, wanted in RULES]


def test_the_server_s_patches_make_the_server_s_states(page: Page, server: Server) -> None:
    chance = random.Random(7396)
    pairs = [(state(chance), state(chance)) for _ in range(500)]
    patches = [difference(before, after) for before, after in pairs]
    page.goto(server.url)
    merged = page.evaluate(MERGE, [[before, patch] for (before, _), patch in zip(pairs, patches, strict=True)])
    assert merged == [applied(before, patch) for (before, _), patch in zip(pairs, patches, strict=True)]
    assert merged == [after for _, after in pairs]


def test_neither_side_is_changed(page: Page, server: Server) -> None:
    page.goto(server.url)
    assert page.evaluate(KEEPS, [{"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None, "e": 3}, "d": None}])
