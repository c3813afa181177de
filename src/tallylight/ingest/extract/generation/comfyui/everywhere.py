"""Broadcasts of the nodes of cg-use-everywhere, which reach inputs without a link.

Their editor part writes down each connection it makes, as `extra.ue_links`. Files from before it did hold the nodes
alone: there an input takes what is broadcast of its type, positive and negative conditioning by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.sheets import (
    BYPASSED,
    MUTED,
    Entry,
    Origin,
    Sheet,
    inputs_of,
    listed,
    outputs_of,
)
from tallylight.ingest.extract.limits import Limits

_KINDS: Final = frozenset(
    {"Anything Everywhere", "Anything Everywhere3", "Anything Everywhere?", "Prompts Everywhere", "Seed Everywhere"}
)
_SEED: Final = "seed"
_SIDES: Final = (re.compile("pos", re.IGNORECASE), re.compile("neg", re.IGNORECASE))


def broadcast(sheet: Sheet, extra: Any, limits: Limits) -> None:
    """Note on a sheet what its broadcasts bring where."""
    written = extra.get("ue_links") if isinstance(extra, dict) else None
    for link in listed(written, limits.graph_nodes):
        match link:
            case {
                "downstream": to,
                "downstream_slot": int() as place,
                "upstream": origin,
                "upstream_slot": int() as slot,
            }:
                sheet.broadcasts[str(to), place] = (str(origin), slot)
    if not sheet.broadcasts:
        _by_type(sheet)


def _by_type(sheet: Sheet) -> None:
    sent: dict[str, list[Origin]] = {}
    for entry in sheet.entries.values():
        if entry["type"] in _KINDS and entry.get("mode") not in (MUTED, BYPASSED):
            for kind, origin in _sent(sheet, entry):
                sent.setdefault(kind, []).append(origin)
    if not sent:
        return
    for key, entry in sheet.entries.items():
        for place, item in enumerate(inputs_of(entry) if entry["type"] not in _KINDS else ()):
            origins = sent.get(_wanted(item), [])
            if origins and item.get("link") is None:
                sheet.broadcasts[key, place] = _fitting(origins, str(item.get("name")))


def _sent(sheet: Sheet, entry: Entry) -> Iterator[tuple[str, Origin]]:
    """Types and origins of what a node broadcasts. `Seed Everywhere` sends what is typed into it."""
    if entry["type"] == "Seed Everywhere":
        yield _SEED, (str(entry.get("id")), 0)
    for item in inputs_of(entry):
        origin = sheet.origins.get(str(item.get("link")))
        if origin is not None:
            yield _type_of(sheet, origin, item), origin


def _wanted(item: dict[str, Any]) -> str:
    """The type an input takes. One with a field of its own lacks nothing; editors of that time list it only if it was
    made linkable, as a seed is for `Seed Everywhere`.
    """
    if str(item.get("name")).endswith("seed"):
        return _SEED
    return str(item.get("type")) if "widget" not in item else ""


def _type_of(sheet: Sheet, origin: Origin, item: dict[str, Any]) -> str:
    """The type of what comes in: its node's output says it even where the input takes anything."""
    outputs = outputs_of(sheet.entries.get(origin[0], {}))
    known = outputs[origin[1]].get("type") if 0 <= origin[1] < len(outputs) else None
    return str(known or item.get("type"))


def _fitting(origins: list[Origin], name: str) -> Origin:
    """Of two conditionings the first is the positive one."""
    return origins[1] if len(origins) > 1 and _SIDES[1].search(name) and not _SIDES[0].search(name) else origins[0]
