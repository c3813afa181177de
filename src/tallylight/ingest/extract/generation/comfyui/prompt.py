"""Reads a `prompt`: what ran, as it was sent to the server. Editors' conveniences are already resolved in it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from tallylight.ingest.extract.generation.comfyui.graph import LONGEST_NAME, Graph, Link, Node
from tallylight.ingest.extract.limits import LIMITS, Limits
from tallylight.ingest.extract.values import as_integer


def from_prompt(body: Any, limits: Limits = LIMITS) -> Graph:
    """The graph of a `prompt`; entries that are no nodes and links to nodes that are not there are left out.

    Never raises.
    """
    graph = Graph()
    if not isinstance(body, dict):
        return graph
    if isinstance(body.get("prompt"), dict) and "class_type" not in body["prompt"]:
        body = body["prompt"]  # the whole request, as scripts save it
    for key, entry in islice(body.items(), limits.graph_nodes):
        if isinstance(entry, dict) and isinstance(entry.get("class_type"), str):
            graph.add(_node(str(key), entry, body, limits))
    graph.drop_dead_links()
    return graph


def _node(key: str, entry: dict[str, Any], body: dict[str, Any], limits: Limits) -> Node:
    node = Node(key, entry["class_type"][:LONGEST_NAME])
    inputs = entry.get("inputs")
    for name, value in islice(inputs.items(), limits.graph_inputs) if isinstance(inputs, dict) else ():
        link = _link(value, body)
        if link is not None:
            node.links[str(name)[:LONGEST_NAME]] = link
        else:
            node.values[str(name)[:LONGEST_NAME]] = _unwrapped(value)
    return node


def _link(value: Any, body: dict[str, Any]) -> Link | None:
    """A link is [node, output]; numbers of nodes are text in most files. A list of two numbers may also be a value."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], (str, int)):
        return None
    output = as_integer(value[1]) if not isinstance(value[1], str) else None
    return Link(str(value[0]), output) if output is not None and str(value[0]) in body else None


def _unwrapped(value: Any) -> Any:
    """Lists that are values travel as `{"__value__": […]}`."""
    return value["__value__"] if isinstance(value, dict) and "__value__" in value else value
