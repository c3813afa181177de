"""A ComfyUI graph in the one form that both kinds of file are read into."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

#: Longer names of nodes and inputs are clipped: patterns are looked for in them at every step.
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Link:
    """Where an input comes from: the node and which of its outputs."""

    node: str
    output: int


@dataclass(slots=True)
class Node:
    """One node: its number, what it is, the values set on it, and where its other inputs come from."""

    key: str
    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether there is an input of this name."""
        return name in self.values or name in self.links

    def names(self) -> set[str]:
        """The names of all inputs there are."""
        return self.values.keys() | self.links.keys()


@dataclass(slots=True)
class Graph:
    """Nodes by number; those inside of another carry its number before theirs: `12:34`."""

    nodes: dict[str, Node] = field(default_factory=dict)
    #: Of ComfyUI; only workflows tell.
    version: str = ""

    def __len__(self) -> int:
        return len(self.nodes)

    def add(self, node: Node) -> None:
        self.nodes[node.key] = node

    def drop_dead_links(self) -> None:
        """Take away links to nodes that are not there."""
        for node in self.nodes.values():
            for name in [name for name, link in node.links.items() if link.node not in self.nodes]:
                del node.links[name]


@lru_cache(4096)
def in_order(key: str) -> tuple[tuple[int, str], ...]:
    """Sorts names and numbers as people count: 2 before 10, text_2 before text_10. The same for both kinds of file."""
    return tuple(
        (int(part), "") if part[0] in "0123456789" else (-1, part) for part in re.findall(r"[0-9]{1,9}|[^0-9]+", key)
    )
