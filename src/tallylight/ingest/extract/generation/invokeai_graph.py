"""Finds the metadata in a graph of InvokeAI's: in the node that collects them, else in the nodes that did the work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from tallylight.ingest.extract.limits import Limits
from tallylight.model import Json

_COLLECTOR: Final = "core_metadata"
#: What nodes know, told by a part of their type (the first that fits): the field, and the metadata's name for it.
_KNOWN: Final = {
    "denoise": {"steps": "steps", "cfg_scale": "cfg_scale", "scheduler": "scheduler", "seed": "seed",
                "width": "width", "height": "height", "guidance": "guidance", "num_steps": "steps"},
    "noise": {"seed": "seed", "width": "width", "height": "height"},
    "model_loader": {"model": "model"},
}  # fmt: skip
_OWN: Final = frozenset({"id", "type", "is_intermediate", "use_cache", "metadata"})
_PROMPTS: Final = {
    "positive_conditioning": "positive_prompt",
    "positive_text_conditioning": "positive_prompt",
    "negative_conditioning": "negative_prompt",
    "negative_text_conditioning": "negative_prompt",
}
#: Nodes between a prompt and the node that uses it.
_FAR: Final = 6


def metadata(graph: Json, limits: Limits) -> Json:
    """The metadata, under the names that `invokeai_metadata` uses. Never raises."""
    nodes = _nodes(graph, limits)
    edges = _Edges(graph, nodes, limits)
    for key, node in nodes.items():
        if node.get("type") == _COLLECTOR:
            own = {name: value for name, value in node.items() if name not in _OWN and value is not None}
            return {**own, **edges.values(key)}
    return _from_work(nodes, edges)


def _nodes(graph: Json, limits: Limits) -> dict[str, Json]:
    nodes = graph.get("nodes")
    listed = islice(nodes.items(), limits.graph_nodes) if isinstance(nodes, dict) else ()
    return {key: node for key, node in listed if isinstance(node, dict)}


class _Edges:
    """Which field of which node each field is set from."""

    def __init__(self, graph: Json, nodes: dict[str, Json], limits: Limits) -> None:
        self._nodes = nodes
        self._to: dict[str, dict[str, tuple[str, str]]] = {}
        edges = graph.get("edges")
        for edge in islice(edges, 4 * limits.graph_nodes) if isinstance(edges, list) else ():
            source, target = (_end(edge, side) for side in ("source", "destination"))
            if source and target:
                self._to.setdefault(target[0], {})[target[1]] = source

    def values(self, key: str) -> Json:
        """What a node's fields are set to: the source's field of that name, or its one value."""
        found: Json = {}
        for name, (source, output) in self._to.get(key, {}).items():
            node = self._nodes.get(source, {})
            value = node.get(output, node.get("value"))
            if value is not None:
                found[name] = value
        return found

    def prompt(self, key: str, field: str) -> str | None:
        """The text that reaches a field, over nodes that collect or encode."""
        for _ in range(_FAR):
            name = field if field in self._to.get(key, {}) else next(self._texts(key), "")
            if not name:
                break
            key = self._to[key][name][0]
            field = "prompt"
            node = self._nodes.get(key, {})
            for text in (node.get("prompt"), node.get("value")):
                if isinstance(text, str) and text:
                    return text
        return None

    def _texts(self, key: str) -> Iterator[str]:
        return (name for name in self._to.get(key, {}) if name in {"item", "collection", "prompt", "value"})


def _end(edge: Any, side: str) -> tuple[str, str] | None:
    end = edge.get(side) if isinstance(edge, dict) else None
    if not isinstance(end, dict):
        return None
    node, field = end.get("node_id"), end.get("field")
    return (node, field) if isinstance(node, str) and isinstance(field, str) else None


def _from_work(nodes: dict[str, Json], edges: _Edges) -> Json:
    found: Json = {}
    for key, node in nodes.items():
        kind = str(node.get("type", ""))
        known = next((known for part, known in _KNOWN.items() if part in kind), {})
        values = {**node, **edges.values(key)}
        for field, name in known.items():
            if values.get(field) is not None:
                found.setdefault(name, values[field])
        if "denoise" in kind:
            for field, name in _PROMPTS.items():
                if name not in found and (text := edges.prompt(key, field)):
                    found[name] = text
    return found
