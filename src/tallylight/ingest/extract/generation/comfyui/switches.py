"""Nodes that pass on one of their inputs: reroutes, and switches whose choice is written in the graph."""

from __future__ import annotations

import re
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import Node, in_order
from tallylight.ingest.extract.generation.comfyui.patterns import whole, within
from tallylight.ingest.extract.values import as_integer

_REROUTE = within(r"reroute|pass ?through")
_BARE: Final = frozenset({"", "*", "any", "anything", "any_input", "input"})
_FIRST_OF_ALL = whole(r"(any|context|dynamic context) switch.*")
_SWITCH = within(r"switch|branch|if.?else|index|select|\bif\b")

_YES_OR_NO: Final = ("switch", "boolean", "cond", "condition", "if_condition", "boolean_value", "boolean_number", "any")
_YES: Final = ("on_true", "tt_value", "if_true", "when_true", "true_value", "true", "value_if_true")
_NO: Final = ("on_false", "ff_value", "if_false", "when_false", "false_value", "false", "value_if_false")
_NUMBER: Final = ("select", "index", "input", "selection", "choice", "which", "selected_index")
_CHOOSING: Final = (*_YES_OR_NO, *_NUMBER)
_ANSWERS = whole("|".join((*_YES, *_NO)))
_CHOOSES = whole("|".join(_CHOOSING))
_PART = re.compile(r"(.*?)[_ ]?(\d{1,3}|[ab])")


def is_reroute(node: Node) -> bool:
    """Whether a node does nothing but pass on its only input."""
    if len(node.links) != 1:
        return False
    return _REROUTE(node.kind) or (not node.values and next(iter(node.links)) in _BARE)


def chosen(node: Node, choice: Any) -> tuple[str, ...] | None:
    """The inputs that a switch passes on, of links and values; None where the node is no switch.

    `choice` is what its choosing input is set to. Where that is not known, it is the first: a guess is better than all
    of them, which is certainly wrong.
    """
    if _FIRST_OF_ALL(node.kind):
        return tuple(sorted(node.links, key=in_order)[:1])
    sides = _sides(node)
    if not sides:
        return None
    if isinstance(choice, str) and choice.lower() in {"true", "yes", "on", "false", "no", "off"}:
        choice = choice.lower() in {"true", "yes", "on"}
    by_name = {name.lower(): name for name in sides}
    name = _by_answer(by_name, choice) or _by_number(sides, choice)
    return (name or _default(by_name) or sides[0],)


def choosing_input(node: Node) -> str | None:
    """The name of the input that says what a switch passes on."""
    known = [name for side in (node.values, node.links) for name in side if _CHOOSES(name)]
    return min(known, key=lambda name: (_CHOOSING.index(name.lower()), name), default=None)


def _sides(node: Node) -> list[str]:
    """The inputs a switch chooses among, in order."""
    answers = [name for side in (node.values, node.links) for name in side if _ANSWERS(name)]
    if answers:
        return sorted(answers, key=in_order)
    choosing = choosing_input(node)
    if choosing is None or not _SWITCH(node.kind):
        return []
    names = sorted(node.names() - {choosing}, key=in_order)
    parts = [name for name in names if _PART.fullmatch(name)]
    if not parts:
        return [name for name in node.links if name != choosing]
    linked = [name for name in parts if name in node.links]
    # Of two rows (model1, clip1, model2, clip2) neither is all that is passed on.
    return next((row for row in (parts, linked) if len({_stem(name) for name in row}) == 1), [])


def _stem(name: str) -> str:
    match = _PART.fullmatch(name)
    return match[1] if match else name


def _by_answer(names: dict[str, str], choice: Any) -> str | None:
    if not isinstance(choice, (bool, int)):
        return None
    answer = next((names[name] for name in (_YES if choice else _NO) if name in names), None)
    if answer is not None or not isinstance(choice, bool):
        return answer
    # WAS: yes is a, no is b.
    return next((name for name in names.values() if name.endswith("_a" if choice else "_b")), None)


def _by_number(sides: list[str], choice: Any) -> str | None:
    number = as_integer(choice)
    for name in sides:
        if number is not None and (match := _PART.fullmatch(name)) and match[2] == str(number):
            return name
    # Comfyroll's two-way switches of named inputs count from one.
    plain = not any(_PART.fullmatch(name) for name in sides)
    return sides[number - 1] if plain and number is not None and 0 < number <= len(sides) else None


def _default(names: dict[str, str]) -> str | None:
    return next((names[name] for name in _YES if name in names), None)
