"""Follows links. Every step is counted, so a graph with loops or a million ways through it ends all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tallylight.ingest.extract.generation.comfyui.graph import Graph, Link, Node, in_order
from tallylight.ingest.extract.generation.comfyui.names import PIPE, WAYS
from tallylight.ingest.extract.generation.comfyui.switches import choosing_input, chosen, is_reroute
from tallylight.ingest.extract.limits import Limits

#: What a node calls a value that is all it has.
_PLAIN: Final = ("value", "int", "float", "number", "Number", "Value", "boolean", "string", "seed")
#: What leads on to a value, past nodes that only hand it over.
_HANDED_OVER: Final = ("value", "input", "a", "source", "", "*", "any", "anything", "number", "int_", "float_")


@dataclass(slots=True)
class Walk:
    """One reading of one graph. What is behind a link is found once and kept, so that alone needs no counting."""

    graph: Graph
    limits: Limits
    steps: int = 0
    reached: dict[Link, Node | None] = field(default_factory=dict)
    switches: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    #: Switches that are being asked at the moment, each for the choice of the one before.
    asked: int = 0

    def step(self) -> bool:
        """Count a step; whether there are any left."""
        self.steps += 1
        return self.steps <= self.limits.graph_steps

    def node(self, link: Link | None) -> Node | None:
        """The node behind a link, past reroutes and along the chosen side of switches."""
        passed: list[Link] = []
        found: Node | None = None
        while link is not None and link not in self.reached:
            self.reached[link] = None  # a ring leads nowhere
            passed.append(link)
            found = self.graph.nodes.get(link.node)
            link = self._passed_on(found) if found is not None else None
        if link is not None:
            found = self.reached.get(link)
        self.reached |= dict.fromkeys(passed, found)
        return found

    def _passed_on(self, node: Node) -> Link | None:
        if is_reroute(node):
            return next(iter(node.links.values()))
        names = self.choice(node)
        return node.links.get(names[0]) if names else None

    def choice(self, node: Node) -> tuple[str, ...] | None:
        """The inputs that a switch passes on; None where a node is none."""
        if node.key not in self.switches:
            self.switches[node.key] = None  # a switch that is switched by itself
            name = choosing_input(node) if self.asked < self.limits.graph_depth else None
            self.asked += 1
            self.switches[node.key] = chosen(node, self.value(node, name) if name is not None else None)
            self.asked -= 1
        return self.switches[node.key]

    def chain(self, start: Node | None, want: str) -> Iterator[Node]:
        """The nodes from one on that a wanted thing comes through: by its own name, else through a pipe."""
        seen: set[str] = set()
        node = start
        while node is not None and node.key not in seen and self.step():
            seen.add(node.key)
            yield node
            node = self.node(self.way(node, want))

    def way(self, node: Node, want: str) -> Link | None:
        """The link of a node that a wanted thing comes by."""
        for name in WAYS.get(want, ()):
            if name in node.links:
                return node.links[name]
        return self.pipe(node)

    def pipe(self, node: Node) -> Link | None:
        """The link that several things come by at once."""
        names = sorted((name for name in node.links if PIPE(name)), key=in_order)
        return node.links[names[0]] if names else None

    def beside(self, node: Node | None, want: str) -> Node | None:
        """The node that a wanted thing comes from, by its own name only."""
        for name in WAYS[want] if node is not None else ():
            if node is not None and name in node.links:
                return self.node(node.links[name])
        return None

    def value(self, node: Node, *names: str) -> Any:
        """A value of a node, followed to where it was set; None where it is computed."""
        for at in self.chain(node, ""):
            for name in names:
                if name in at.values:
                    return at.values[name]
                if name in at.links:
                    return self._linked(at.links[name], names)
        return None

    def _linked(self, link: Link, names: tuple[str, ...]) -> Any:
        seen: set[str] = set()
        node = self.node(link)
        while node is not None and node.key not in seen and self.step():
            seen.add(node.key)
            for name in (*(self.choice(node) or ()), *names, *_PLAIN):
                if not isinstance(node.values.get(name), (dict, list, type(None))):
                    return node.values[name]
            further = (node.links[name] for name in (*names, *_HANDED_OVER) if name in node.links)
            node = self.node(next(further, None) or self.pipe(node))
        return None

    def first(self, read: Callable[[Any], Any], nodes: tuple[Node | None, ...], *names: str) -> Any:
        """The first value that can be read, of these nodes and names."""
        values = (read(self.value(node, *names)) for node in nodes if node is not None)
        return next((value for value in values if value is not None), None)
