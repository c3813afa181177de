"""The sheets of a workflow: the one the editor opens with, and those inside of subgraphs and group nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from tallylight.ingest.extract.limits import LIMITS, Limits

#: Of what a sheet takes in and gives out, in the editor's own numbers.
ENTRANCE: Final = "-10"
EXIT: Final = "-20"
#: Editor modes.
MUTED: Final = 2
BYPASSED: Final = 4

_GROUP_PREFIXES: Final = ("workflow/", "workflow>")
_SLOTS: Final = LIMITS.graph_inputs

#: A node and which of its outputs.
Origin = tuple[str, int]
Entry = dict[str, Any]


@dataclass(slots=True, eq=False)
class Sheet:
    """Nodes that are drawn together, where they are used: a subgraph that is used twice is two sheets."""

    #: What the numbers of its nodes begin with, as in a `prompt`: `12:`.
    prefix: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)
    #: Where each numbered link comes from.
    origins: dict[str, Origin] = field(default_factory=dict)
    #: What each of its outputs gives out.
    exits: dict[int, Origin] = field(default_factory=dict)
    #: What an `Anything Everywhere` node brings to an input without a link: (node, input) → origin.
    broadcasts: dict[tuple[str, int], Origin] = field(default_factory=dict)
    #: The sheet it stands on, and the node that stands for it there.
    parent: Sheet | None = None
    stand_in: Entry = field(default_factory=dict)
    #: Values set on the node that stands for it: by its own input, and by node and name within.
    given: dict[int, Any] = field(default_factory=dict)
    promoted: dict[tuple[str, str], Any] = field(default_factory=dict)
    #: The sheets behind its nodes.
    inner: dict[str, Sheet] = field(default_factory=dict)


def opened(body: Any, limits: Limits) -> list[Sheet]:
    """All sheets of a workflow, the outermost first; nothing behind nodes that are switched off. Never raises."""
    if not isinstance(body, dict):
        return []
    opener = _Opener(body, limits)
    sheets = [opener.read(body, Sheet())]
    for sheet in sheets:  # grows while it is walked
        sheets.extend(opener.inside(sheet))
    return sheets


def listed(value: Any, most: int = _SLOTS) -> list[Any]:
    """The items of a list, or of an object that numbers them, at most so many."""
    return list(islice(value.values() if isinstance(value, dict) else value if isinstance(value, list) else (), most))


def inputs_of(entry: Entry) -> list[dict[str, Any]]:
    """The inputs of a node; what is none keeps its place, for links count places."""
    return _slots(entry, "inputs")


def outputs_of(entry: Entry) -> list[dict[str, Any]]:
    """The outputs of a node, likewise."""
    return _slots(entry, "outputs")


def _slots(entry: Entry, name: str) -> list[dict[str, Any]]:
    return [item if isinstance(item, dict) else {} for item in listed(entry.get(name))]


class _Opener:
    def __init__(self, body: dict[str, Any], limits: Limits) -> None:
        self.limits = limits
        #: Nodes and links that may still be read: a sheet within a sheet within a sheet has no end of its own.
        self.room = limits.graph_nodes * 4
        definitions, extra = body.get("definitions"), body.get("extra")
        subgraphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
        known = (item for item in listed(subgraphs, limits.graph_nodes) if isinstance(item, dict))
        self.subgraphs = {str(item.get("id")): item for item in known}
        groups = extra.get("groupNodes") if isinstance(extra, dict) else None
        self.groups: dict[str, Any] = groups if isinstance(groups, dict) else {}

    def read(self, body: dict[str, Any], sheet: Sheet) -> Sheet:
        for entry in self._some(body.get("nodes")):
            if isinstance(entry, dict) and isinstance(entry.get("type"), str):
                sheet.entries[str(entry.get("id"))] = entry
        for link in self._some(body.get("links")):
            _take_link(sheet, link)
        return sheet

    def _some(self, value: Any) -> list[Any]:
        found = listed(value, max(self.room, 0))
        self.room -= len(found) + 1
        return found

    def inside(self, sheet: Sheet) -> Iterator[Sheet]:
        if sheet.prefix.count(":") >= self.limits.graph_depth:
            return
        for key, entry in sheet.entries.items():
            if entry.get("mode") in (MUTED, BYPASSED) or self.room <= 0:
                continue
            within = self._behind(entry, Sheet(f"{sheet.prefix}{key}:", parent=sheet, stand_in=entry))
            if within is not None:
                sheet.inner[key] = within
                yield within

    def _behind(self, entry: Entry, sheet: Sheet) -> Sheet | None:
        kind: str = entry["type"]
        if kind in self.subgraphs:
            _give(self.read(self.subgraphs[kind], sheet), entry)
            return sheet
        if kind.startswith(_GROUP_PREFIXES) and isinstance(group := self.groups.get(kind[9:]), dict):
            self._read_group(group, sheet)
            return sheet
        return None

    def _read_group(self, group: dict[str, Any], sheet: Sheet) -> None:
        """A group's definition counts its nodes from 0 and says its links by them. The values of all of them stand in
        a row on the node itself.
        """
        inner = [dict(item) for item in self._some(group.get("nodes")) if isinstance(item, dict)]
        links = [link for link in self._some(group.get("links")) if isinstance(link, list) and len(link) >= 4]
        joined = {(str(link[2]), str(link[3])): (str(link[0]), link[1]) for link in links if isinstance(link[1], int)}
        outer = _Names(inputs_of(sheet.stand_in))
        for key, item in enumerate(inner):
            if isinstance(item.get("type"), str):
                item["inputs"] = _rewired(sheet, str(key), inputs_of(item), joined, outer)
                sheet.entries[str(key)] = item
        _deal_values(inner, sheet.stand_in.get("widgets_values"))
        sheet.exits = _group_exits(inner, links, group.get("external"))


def _take_link(sheet: Sheet, link: Any) -> None:
    """Newer editors write links as objects, and all do so within subgraphs."""
    match link:
        case [number, origin, int() as output, target, int() as place, *_]:
            pass
        case {"id": number, "origin_id": origin, "origin_slot": int() as output}:
            target, place = link.get("target_id"), link.get("target_slot")
        case _:
            return
    sheet.origins[str(number)] = (str(origin), output)
    if str(target) == EXIT and isinstance(place, int):
        sheet.exits[place] = (str(origin), output)


def _give(sheet: Sheet, entry: Entry) -> None:
    """Values typed into a subgraph's node. `proxyWidgets` says whose they are; -1 is the node itself."""
    values = entry.get("widgets_values")
    inputs = inputs_of(entry)
    places = {str(item.get("name")): place for place, item in enumerate(inputs)}
    with_field = [str(item.get("name")) for item in inputs if isinstance(item.get("widget"), dict)]
    properties = entry.get("properties")
    proxies = properties.get("proxyWidgets") if isinstance(properties, dict) else None
    owners = [tuple(map(str, proxy[:2])) for proxy in listed(proxies) if isinstance(proxy, list)]
    if not owners:
        owners = [("-1", name) for name in with_field]
    if not isinstance(values, list) or len(values) != len(owners):
        return
    for owner, value in zip(owners, values, strict=True):
        if len(owner) == 2 and owner[0] == "-1" and owner[1] in places:
            sheet.given[places[owner[1]]] = value
        elif len(owner) == 2:
            sheet.promoted[owner[0], owner[1]] = value


class _Names:
    """The inputs of a group by name, each to be taken once."""

    def __init__(self, inputs: list[dict[str, Any]]) -> None:
        self.places: dict[str, list[int]] = {}
        for place, item in reversed(list(enumerate(inputs))):
            name = str(item.get("name"))
            # Of two inputs with one name the second carries its node's title before the name.
            for known in dict.fromkeys((name, name.rsplit(" ", 1)[-1])):
                self.places.setdefault(known, []).append(place)
        self.taken: set[int] = set()

    def take(self, name: str) -> int | None:
        places = self.places.get(name, [])
        while places:
            place = places.pop()
            if place not in self.taken:
                self.taken.add(place)
                return place
        return None


def _rewired(
    sheet: Sheet, key: str, inputs: list[dict[str, Any]], joined: dict[tuple[str, str], Origin], outer: _Names
) -> list[dict[str, Any]]:
    """A grouped node's inputs with links of their own: from within, or from the group's input of the same name."""
    for place, item in enumerate(inputs):
        within = joined.get((key, str(place)))
        at = outer.take(str(item.get("name"))) if within is None else None
        if within is not None:
            sheet.origins[f"{key}/{place}"] = within
        elif at is not None:
            sheet.origins[f"{key}/{place}"] = (ENTRANCE, at)
    return [item | {"link": f"{key}/{place}"} for place, item in enumerate(inputs)]


def _deal_values(inner: list[Entry], values: Any) -> None:
    """Hand the values in a row out to the nodes; where their number is another, those of the definition stay."""
    counts = [len(item["widgets_values"]) if isinstance(item.get("widgets_values"), list) else 0 for item in inner]
    if not isinstance(values, list) or sum(counts) != len(values):
        return
    at = 0
    for item, count in zip(inner, counts, strict=True):
        if count:
            item["widgets_values"] = values[at : at + count]
        at += count


def _group_exits(inner: list[Entry], links: list[Any], external: Any) -> dict[int, Origin]:
    """A group gives out, in order, what is used nowhere within and what is marked as external."""
    used = {(str(link[0]), str(link[1])) for link in links}
    used -= {(str(item[0]), str(item[1])) for item in listed(external) if isinstance(item, list) and len(item) >= 2}
    places = ((str(key), range(len(outputs_of(item)))) for key, item in enumerate(inner))
    outputs = ((key, place) for key, slots in places for place in slots if (key, str(place)) not in used)
    return dict(enumerate(outputs))
