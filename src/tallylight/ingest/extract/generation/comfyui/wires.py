"""Where an input of a workflow really comes from, past everything that only the editor knows.

Reroutes, SetNode and GetNode, PrimitiveNode, bypassed nodes and the borders of subgraphs are gone when a graph is sent
to the server. A workflow still has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tallylight.ingest.extract.generation.comfyui.graph import Link
from tallylight.ingest.extract.generation.comfyui.sheets import (
    BYPASSED,
    ENTRANCE,
    MUTED,
    Entry,
    Origin,
    Sheet,
    inputs_of,
    listed,
    outputs_of,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that somebody typed in elsewhere."""

    value: Any


Source = Link | Literal | None
_Place = tuple[Sheet, Origin]


class Wires:
    """Follows links through all sheets. What is found is kept, so each place is passed once."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, Origin], Source] = {}
        self.setters: dict[int, dict[str, str]] = {}

    def source(self, sheet: Sheet, key: str, place: int, item: dict[str, Any]) -> Source:
        """The node that feeds an input, or the value; None where it is not fed."""
        origin = _origin(sheet, key, place, item)
        return self._follow((sheet, origin)) if origin is not None else None

    def _follow(self, start: _Place) -> Source:
        passed: list[tuple[int, Origin]] = []
        at: _Place | Source = start
        while isinstance(at, tuple):
            mark = (id(at[0]), at[1])
            if mark not in self.known:
                self.known[mark] = None  # a ring leads nowhere
                passed.append(mark)
                at = self._step(*at)
            else:
                at = self.known[mark]
        self.known |= dict.fromkeys(passed, at)
        return at

    def _step(self, sheet: Sheet, origin: Origin) -> _Place | Source:
        key, output = origin
        if key == ENTRANCE and sheet.parent is not None:
            return _before(sheet, output)
        entry = sheet.entries.get(key)
        if entry is None or entry.get("mode") == MUTED:
            return None
        if entry.get("mode") == BYPASSED:
            return _through(sheet, key, _bypass(entry, output))
        if key in sheet.inner:
            within = sheet.inner[key]
            return (within, within.exits[output]) if output in within.exits else None
        return self._of_editor(sheet, key, entry) or Link(sheet.prefix + key, output)

    def _of_editor(self, sheet: Sheet, key: str, entry: Entry) -> _Place | Source:
        """What nodes lead to that only the editor knows."""
        kind = str(entry["type"]).lower()
        if kind.startswith("reroute") or kind.endswith("setnode"):
            return _through(sheet, key, 0) or Literal(None)
        if kind == "primitivenode":
            return Literal(next(iter(listed(entry.get("widgets_values"), 1)), None))
        if kind.endswith("getnode"):
            return self._setter(sheet, _first_text(entry)) or Literal(None)
        return None

    def _setter(self, sheet: Sheet | None, name: str) -> _Place | None:
        """The SetNode of a name, on this sheet or the one it stands on."""
        while sheet is not None:
            if id(sheet) not in self.setters:
                self.setters[id(sheet)] = _setters(sheet)
            if name in self.setters[id(sheet)]:
                return sheet, (self.setters[id(sheet)][name], 0)
            sheet = sheet.parent
        return None


def _setters(sheet: Sheet) -> dict[str, str]:
    return {
        _first_text(entry): key
        for key, entry in sheet.entries.items()
        if str(entry["type"]).lower().endswith("setnode") and entry.get("mode") != MUTED
    }


def _first_text(entry: Entry) -> str:
    return str(next(iter(listed(entry.get("widgets_values"), 1)), ""))


def _origin(sheet: Sheet, key: str, place: int, item: dict[str, Any]) -> Origin | None:
    origin = sheet.origins.get(str(item.get("link"))) if item.get("link") is not None else None
    return origin or sheet.broadcasts.get((key, place))


def _through(sheet: Sheet, key: str, place: int | None) -> _Place | None:
    """On from an input of a node."""
    inputs = inputs_of(sheet.entries[key])
    if place is None or place >= len(inputs):
        return None
    origin = _origin(sheet, key, place, inputs[place])
    return (sheet, origin) if origin is not None else None


def _before(sheet: Sheet, place: int) -> _Place | Source:
    """On from the entrance of a sheet: what its node is fed, or what was typed into it there."""
    assert sheet.parent is not None
    key = sheet.prefix.removeprefix(sheet.parent.prefix).removesuffix(":")
    fed = _through(sheet.parent, key, place) if place >= 0 else None
    return fed or (Literal(sheet.given[place]) if place in sheet.given else None)


def _bypass(entry: Entry, output: int) -> int | None:
    """The input that a bypassed node passes on to an output: of its type, in the same place where that fits."""
    outputs = outputs_of(entry)
    if not 0 <= output < len(outputs):
        return None
    kind = outputs[output].get("type")
    places = [place for place, item in enumerate(inputs_of(entry)) if item.get("type") == kind]
    return output if output in places else next(iter(places), None)
