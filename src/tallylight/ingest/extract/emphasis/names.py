"""The extra networks and embeddings that a prompt names, which are no terms of it.

<lora:name:0.8>  <lyco:name>  <hypernet:name:1>  withLora(name, 0.8)  embedding:name  <embed:name>
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tallylight.ingest.extract.emphasis.parts import rounded

_NETWORK = re.compile(r"<([A-Za-z]\w{0,20}):([^<>:]+)(?::([^<>]*))?>")
_CALL = re.compile(r"\bwith(Lora)\(([^(),]+)(?:,([^(),]*))?\)", re.IGNORECASE)
_EMBEDDING = re.compile(r"(?<![\w:])embedding:([^\s,，、:;()<>\[\]{}|\"]+)", re.IGNORECASE)
_EMBEDDED = frozenset({"embed", "embedding"})


@dataclass(frozen=True, slots=True)
class Network:
    """An extra network: `kind` is `lora`, `lyco`, `hypernet` …"""

    kind: str
    name: str
    weight: float


def networks(prompt: str) -> list[Network]:
    """The extra networks a prompt names, in order, each once."""
    return list(dict.fromkeys(named for named in _named(prompt) if named.kind not in _EMBEDDED))


def embeddings(prompt: str) -> list[str]:
    """The embeddings a prompt names as such, in order, each once. A1111 names them like any other word."""
    tagged = [named.name for named in _named(prompt) if named.kind in _EMBEDDED]
    return list(dict.fromkeys([*tagged, *_EMBEDDING.findall(prompt)]))


def without_names(prompt: str) -> str:
    """The prompt with a comma in place of each name."""
    for pattern in (_NETWORK, _CALL, _EMBEDDING):
        prompt = pattern.sub(",", prompt)
    return prompt


def _named(prompt: str) -> Iterator[Network]:
    for pattern in (_NETWORK, _CALL):
        for kind, name, weights in pattern.findall(prompt):
            if name.strip():
                yield Network(kind.lower(), name.strip(), _number(weights))


def _number(weights: str) -> float:
    """The first of an extra network's weights (`0.8`, `0.8:0.5`); 1 where none can be read."""
    try:
        weight = float(weights.split(":", maxsplit=1)[0])
    except ValueError:
        return 1.0
    return rounded(weight) if math.isfinite(weight) else 1.0
