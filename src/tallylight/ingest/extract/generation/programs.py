"""The programs whose parameters can be read, each told by what a body holds, never by the file it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from tallylight.ingest.extract.generation import (
    civitai,
    drawthings,
    easydiffusion,
    fooocus,
    invokeai,
    novelai,
    stabilitymatrix,
    swarmui,
    tensorart,
)
from tallylight.ingest.extract.generation.body import Body
from tallylight.model import Json


@dataclass(frozen=True, slots=True)
class Program:
    """One program's reader. `keys` are the names its parameters stand under, where they stand under names of their own,
    the telling one first.
    """

    keys: tuple[str, ...]
    looks_like: Callable[[Body], bool]
    parse: Callable[[Body], Json]

    def key(self, body: Body) -> str:
        """Which of its keys a body has; empty where it has none."""
        return next((key for key in self.keys if key in body), "")


def _program(module: ModuleType) -> Program:
    return Program(module.KEYS, module.looks_like, module.parse)


#: In the order in which they are asked: those with a key of their own before those that are told by several.
PROGRAMS: Final = tuple(
    _program(module)
    for module in (
        swarmui,
        invokeai,
        stabilitymatrix,
        tensorart,
        civitai,
        easydiffusion,
        novelai,
        fooocus,
        drawthings,
    )
)


def program(body: Body, *, of_texts: bool = False) -> Program | None:
    """The program a body is of; None where it is of none that is known. Of a file's own texts only those are asked that
    write texts under keys of their own.
    """
    known = (known for known in PROGRAMS if not of_texts or known.key(body))
    return next((one for one in known if one.looks_like(body)), None)
