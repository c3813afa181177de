"""Reads a `workflow`: what the editor showed. It becomes the graph that the editor would have sent to the server."""

from __future__ import annotations

import re
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.everywhere import broadcast
from tallylight.ingest.extract.generation.comfyui.graph import LONGEST_NAME, Graph, Link, Node
from tallylight.ingest.extract.generation.comfyui.sheets import BYPASSED, MUTED, Entry, Sheet, inputs_of, listed, opened
from tallylight.ingest.extract.generation.comfyui.widgets import named
from tallylight.ingest.extract.generation.comfyui.wires import Literal, Wires
from tallylight.ingest.extract.limits import LIMITS, Limits

_VERSION = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){1,3})", re.ASCII)
_CORE: Final = "comfy-core"


def from_workflow(body: Any, limits: Limits = LIMITS) -> Graph:
    """The graph of a `workflow`: subgraphs and group nodes opened, what was switched off left out. Never raises."""
    graph = Graph()
    sheets = opened(body, limits)
    for sheet in sheets:
        broadcast(sheet, body.get("extra") if sheet.parent is None else None, limits)
    wires = Wires()
    for sheet in sheets:
        for key, entry in sheet.entries.items():
            if (
                len(graph) < limits.graph_nodes
                and key not in sheet.inner
                and entry.get("mode") not in (MUTED, BYPASSED)
            ):
                graph.add(_node(sheet, key, entry, wires))
    graph.drop_dead_links()
    graph.version = version(body)
    return graph


def _node(sheet: Sheet, key: str, entry: Entry, wires: Wires) -> Node:
    inputs = inputs_of(entry)
    kind = entry["type"][:LONGEST_NAME]
    node = Node(sheet.prefix + key, kind, named(kind, entry.get("widgets_values"), inputs))
    for name in list(node.values):
        if (key, name) in sheet.promoted:
            node.values[name] = sheet.promoted[key, name]
    for place, item in enumerate(inputs):
        name = str(item.get("name"))[:LONGEST_NAME]
        match wires.source(sheet, key, place, item):
            case Link() as link:
                node.links[name] = link
                node.values.pop(name, None)
            case Literal(value) if value is not None:
                node.values[name] = value
    return node


def version(body: Any) -> str:
    """ComfyUI's version: as the editor wrote it down, else the newest that any node was added under; empty if unknown.

    A `prompt` does not tell it, the `workflow` beside it may. Never raises.
    """
    if not isinstance(body, dict):
        return ""
    extra = body.get("extra")
    written = extra.get("node_versions") if isinstance(extra, dict) else None
    known = [written.get(_CORE)] if isinstance(written, dict) else []
    for entry in listed(body.get("nodes"), LIMITS.graph_nodes):
        properties = entry.get("properties") if isinstance(entry, dict) else None
        if isinstance(properties, dict) and properties.get("cnr_id") == _CORE:
            known.append(properties.get("ver"))
    matches = [match[1] for word in known if isinstance(word, str) and (match := _VERSION.fullmatch(word))]
    return max(matches, key=lambda match: tuple(map(int, match.split("."))), default="")
